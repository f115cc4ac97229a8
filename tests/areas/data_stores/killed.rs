//! Exports and imports whose process is killed: whenever that happens, nothing is there twice, and nothing
//! is lost.

use super::export::{fill, whole};
use super::{emulator, store, store_of};
use opencloud::data_stores::{Export, ExportCheckpoint, ImportCheckpoint};
use opencloud::testing::{Expect, MockResponse, Script};
use proptest::collection::{btree_map, vec};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufReader, BufWriter};

/// Polls a future this many times, and drops it if it is not ready then: what it had in memory is gone.
pub(super) async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// What is on the disk, and stays when the process is killed. It fails when it is full, and takes some bytes
/// at a time, each time with a moment to be killed in.
struct Disk<'a> {
    content: &'a mut Vec<u8>,
    room: usize,
    is_busy: bool,
}

impl AsyncWrite for Disk<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_busy = !self.is_busy;
        if self.is_busy {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = bytes.len().min(self.room).min(100);
        if count == 0 {
            return Poll::Ready(Err(io::Error::other("the disk is full")));
        }
        self.room -= count;
        self.content.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An export as a program makes it that may be started again: the file, and the checkpoint beside it.
#[derive(Default)]
struct Program {
    file: Vec<u8>,
    saved: Option<String>,
}

impl Program {
    /// Starts it; whether it came to its end before it had used up its room or was killed.
    async fn run(&mut self, export: Export, buffer: usize, room: usize, polls: usize) -> bool {
        let checkpoint = self.saved.as_deref().map(|text| serde_json::from_str(text).expect("a checkpoint"));
        let written = checkpoint.as_ref().map_or(0, ExportCheckpoint::bytes);
        let written = usize::try_from(written).expect("it is small");
        assert!(self.file.len() >= written, "the checkpoint says more than is on the disk");
        self.file.truncate(written);
        let export = match checkpoint {
            Some(checkpoint) => export.resume(checkpoint),
            None => export,
        };
        let disk = Disk { content: &mut self.file, room, is_busy: false };
        let running = export.write_to(BufWriter::with_capacity(buffer, disk), |checkpoint| {
            self.saved = Some(serde_json::to_string(checkpoint)?);
            Ok(())
        });
        killed_after(polls, running).await.is_some_and(|outcome| outcome.is_ok())
    }
}

#[tokio::test]
async fn an_export_whose_disk_is_full_at_any_line_goes_on_when_there_is_room() {
    let emulator = emulator().await;
    let store = store(&emulator);
    fill(&store).await;
    let expected = whole(&store).await;
    let mut end_of_line = 0;
    for line in expected.split_inclusive(|byte| *byte == b'\n') {
        end_of_line += line.len();
        for room in [end_of_line - 1, end_of_line, end_of_line + 1] {
            let mut program = Program::default();
            let export = || store.export().checkpoint_every(4).concurrency(3);
            let is_done = program.run(export(), 1, room, usize::MAX).await;
            assert_eq!(is_done, room >= expected.len());
            assert!(program.run(export(), 1, usize::MAX, usize::MAX).await);
            assert!(program.file == expected, "room for {room} bytes");
        }
    }
}

/// Scope, key and value of each line.
pub(super) fn content(file: &[u8]) -> Vec<((String, String), Value)> {
    let read = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect("a line");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        ((text(&line["scope"]), text(&line["key"])), line["value"].take())
    };
    std::str::from_utf8(file).expect("a text").lines().map(read).collect()
}

/// Exports a store and imports it into an empty one, killed again and again.
async fn copied(
    entries: &BTreeMap<(String, String), u64>,
    kills: &[usize],
    (page, concurrency, buffer): (u64, usize, usize),
    skip_existing: bool,
) {
    let (source, target) = (emulator().await, emulator().await);
    let (from, to) = (store(&source), store(&target));
    for ((scope, key), value) in entries {
        from.clone().scope(scope).upsert(key, value).await.expect("a response");
    }
    let mut program = Program::default();
    for polls in kills.iter().copied().chain([usize::MAX]) {
        let export = from.export().checkpoint_every(page).concurrency(concurrency);
        program.run(export, buffer, usize::MAX, polls).await;
    }
    let expected: Vec<_> = entries.iter().map(|(of, value)| (of.clone(), json!(value))).collect();
    let sorted = |file: &[u8]| {
        let mut lines = content(file);
        lines.sort_by(|one, other| one.0.cmp(&other.0));
        lines
    };
    assert_eq!(sorted(&program.file), expected);

    let mut saved: Option<String> = None;
    for polls in kills.iter().copied().chain([usize::MAX]) {
        let mut import = to.import().concurrency(concurrency);
        if skip_existing {
            import = import.skip_existing();
        }
        if let Some(text) = &saved {
            import = import.resume(serde_json::from_str(text).expect("a checkpoint"));
        }
        let running = import.read_from(&program.file[..], |checkpoint| {
            saved = Some(serde_json::to_string(checkpoint)?);
            Ok(())
        });
        killed_after(polls, running).await;
    }
    assert_eq!(sorted(&whole(&to).await), expected);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(16))]

    #[test]
    fn a_copy_that_is_killed_at_any_moments_holds_each_entry_once(
        entries in btree_map(("[a-b./\u{1}ä-]{0,2}[a-z/]", "[a-b./@:%\u{7f}]{1,3}"), 0_u64..9, 1..25),
        kills in vec(1_usize..150, 0..5),
        page in 1_u64..9,
        concurrency in 1_usize..6,
        buffer in 1_usize..2000,
        skip_existing in proptest::bool::ANY,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(copied(&entries, &kills, (page, concurrency, buffer), skip_existing));
    }
}

/// A file of this many lines.
fn lines(count: usize) -> String {
    let line = |number| json!({ "scope": "s", "key": format!("k{number}"), "value": number });
    (0..count).map(|number| format!("{}\n", line(number))).collect()
}

#[tokio::test(start_paused = true)]
async fn an_import_that_is_killed_in_the_middle_goes_on_behind_its_last_checkpoint() {
    const LINES: usize = 600;
    const CONCURRENCY: usize = 8;
    let file = lines(LINES);
    for killed_at in [0, 1, 255, 256, 257, 300, 511, 520, LINES] {
        let script = Script::new().always(Expect::any(), MockResponse::json(json!({})));
        let import = || store_of(&script.client()).import().concurrency(CONCURRENCY);
        let mut saved: Option<ImportCheckpoint> = None;
        // What follows those lines never comes, and the process is killed while it waits.
        let (reader, mut pipe) = tokio::io::duplex(file.len());
        let read: String = file.split_inclusive('\n').take(killed_at).collect();
        pipe.write_all(read.as_bytes()).await.expect("there is room");
        let running = import().read_from(BufReader::new(reader), |checkpoint| {
            saved = Some(checkpoint.clone());
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_secs(60), running).await.is_err());
        let counted = saved.as_ref().map_or(0, ImportCheckpoint::lines);
        let counted = usize::try_from(counted).expect("it is small");
        // Of what was read all is written but what was under way, and a checkpoint is behind every 256 lines.
        assert!(script.count() + CONCURRENCY >= killed_at, "killed at {killed_at}");
        assert!(counted.is_multiple_of(256) && counted + 256 + CONCURRENCY > killed_at, "{counted}");

        let before = script.count();
        let mut import = import();
        if let Some(saved) = saved {
            import = import.resume(saved);
        }
        let report = import.read_from(file.as_bytes(), |_| Ok(())).await.expect("a response");
        assert_eq!((report.written, report.checkpoint.lines()), ((LINES - counted) as u64, LINES as u64));
        let sent = script.received();
        let sent: Vec<_> =
            sent[before..].iter().filter_map(|request| request.path.rsplit('/').next()).collect();
        let expected: Vec<_> = (counted..LINES).map(|number| format!("k{number}")).collect();
        assert_eq!(sent, expected, "killed at {killed_at}");
    }
}
