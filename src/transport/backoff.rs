//! The delays of everything that is tried again.

use std::time::Duration;

/// Exponential backoff: each delay is the one before times the multiplier, up to a maximum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) initial_delay: Duration,
    pub(crate) maximum_delay: Duration,
    pub(crate) multiplier: f64,
    /// Whether a delay is drawn at random between zero and that ("full jitter").
    pub(crate) jitter: bool,
}

impl Backoff {
    /// The delay that follows this number of earlier ones.
    pub(crate) fn delay(&self, earlier: u32) -> Duration {
        let exponent = i32::try_from(earlier).unwrap_or(i32::MAX);
        let seconds = self.initial_delay.as_secs_f64() * self.multiplier.powi(exponent);
        let delay = match Duration::try_from_secs_f64(seconds) {
            _ if self.initial_delay.is_zero() => Duration::ZERO,
            Ok(delay) => delay.min(self.maximum_delay),
            Err(_) => self.maximum_delay,
        };
        if self.jitter { delay.mul_f64(fastrand::f64()) } else { delay }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        initial_delay: Duration::from_millis(500),
        maximum_delay: Duration::from_secs(20),
        multiplier: 2.0,
        jitter: false,
    };

    #[test]
    fn delays_grow_to_the_maximum() {
        let delays: Vec<f64> = (0..8).map(|earlier| BACKOFF.delay(earlier).as_secs_f64()).collect();
        assert_eq!(delays, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]);
        assert_eq!(BACKOFF.delay(u32::MAX), Duration::from_secs(20));
        let endless = Backoff { initial_delay: Duration::MAX, maximum_delay: Duration::MAX, ..BACKOFF };
        assert_eq!(endless.delay(8), Duration::MAX);
        let none = Backoff { initial_delay: Duration::ZERO, ..BACKOFF };
        assert_eq!((none.delay(0), none.delay(u32::MAX)), (Duration::ZERO, Duration::ZERO));
    }

    #[test]
    fn jitter_stays_below_the_delay() {
        let backoff = Backoff { jitter: true, ..BACKOFF };
        let delays: Vec<Duration> = (0..1000).map(|_| backoff.delay(2)).collect();
        assert!(delays.iter().all(|delay| *delay <= Duration::from_secs(2)));
        assert!(delays.iter().any(|delay| *delay < Duration::from_secs(1)));
        assert!(delays.iter().any(|delay| *delay > Duration::from_secs(1)));
    }
}
