//! The ratios to the call by hand, as bars.

use std::fmt::Write;

use crate::figure::Figure;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 320.0;
const ROW: f64 = 34.0;
const BAR: f64 = 12.0;

/// An SVG of the figures with a ratio; it reads in light and in dark.
pub fn svg(figures: &[Figure]) -> String {
    let rows: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.ratio.is_some() && !figure.figure.ends_with("per second"))
        .collect();
    let rival = |figure: &Figure| Some(figure.rival? / figure.floor?);
    let highest =
        rows.iter().flat_map(|figure| [figure.ratio, rival(figure)]).flatten().fold(1.2_f64, f64::max);
    let height = 52.0 + ROW * rows.len() as f64;
    let scale = (WIDTH - LEFT - 60.0) / highest;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <style>text{{fill:#24292f}}.o{{fill:#2f6feb}}.r{{fill:#8c959f}}.l{{stroke:#8c959f}}\
         @media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}}}</style>\n\
         <text x=\"10\" y=\"20\" font-weight=\"600\">Cost of a call, as a multiple of the same call by hand\
         </text>\n<rect class=\"o\" x=\"430\" y=\"10\" width=\"{BAR}\" height=\"{BAR}\"/>\
         <text x=\"448\" y=\"20\">opencloud</text>\n\
         <rect class=\"r\" x=\"530\" y=\"10\" width=\"{BAR}\" height=\"{BAR}\"/>\
         <text x=\"548\" y=\"20\">roblox-open-cloud 0.2.0</text>\n"
    );
    for (at, figure) in rows.iter().enumerate() {
        let top = 38.0 + ROW * at as f64;
        let _ = writeln!(text, "<text x=\"10\" y=\"{:.1}\">{}</text>", top + 15.0, figure.figure);
        for (class, ratio, offset) in [("o", figure.ratio, 0.0), ("r", rival(figure), BAR + 1.0)] {
            let Some(ratio) = ratio else { continue };
            let _ = writeln!(
                text,
                "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BAR}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\">{ratio:.2}</text>",
                top + offset,
                ratio * scale,
                LEFT + ratio * scale + 5.0,
                top + offset + 10.0,
            );
        }
    }
    let one = LEFT + scale;
    let _ = writeln!(
        text,
        "<line class=\"l\" x1=\"{one:.1}\" x2=\"{one:.1}\" y1=\"32\" y2=\"{:.1}\" stroke-dasharray=\"3 3\"/>",
        height - 8.0
    );
    text.push_str("</svg>\n");
    text
}
