//! The one loop that makes calls for many inputs.

use super::progress::Count;
use super::{Report, Settings, failure, settings_methods};
use crate::{Error, operation};
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// How often the call for one input is made again because of a rate limit.
const MOST_WAITS: u32 = 100;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

type MakeCall<'a, I, T> = Box<dyn Fn(I) -> Boxed<'a, Result<T, Error>> + Send + 'a>;

enum Inputs<'a, I> {
    List(VecDeque<I>),
    Stream(Pin<Box<dyn Stream<Item = Result<I, Error>> + Send + 'a>>),
}

/// One call for each of many inputs, made when this is awaited. Made by [`for_each`] and [`for_each_item`].
#[must_use = "the calls are made when this is awaited"]
pub struct Bulk<'a, I, T> {
    inputs: Inputs<'a, I>,
    call: MakeCall<'a, I, T>,
    stop: Option<Boxed<'a, ()>>,
    pub(super) settings: Settings<'a>,
}

/// Makes a call for each input of a list. See the [module](crate::bulk).
///
/// The function gets a clone of its input, because a rate limit may let it be called again.
pub fn for_each<'a, I, T, C>(
    inputs: impl IntoIterator<Item = I>,
    call: impl Fn(I) -> C + Send + 'a,
) -> Bulk<'a, I, T>
where
    C: IntoFuture<Output = Result<T, Error>>,
    C::IntoFuture: Send + 'a,
{
    Bulk::new(Inputs::List(inputs.into_iter().collect()), call)
}

/// As [`for_each`], for each input of a stream. It is read only as calls can be made; if it fails, the run ends, and
/// [`Report::stopped`] has the error.
///
/// ```no_run
/// # #[cfg(feature = "groups")]
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// let groups = client.groups();
/// let requests = groups.list_join_requests(7).items();
/// let report = opencloud::bulk::for_each_item(requests, |request| {
///     groups.accept_join_request(7, request.user_id().map(|user| user.to_string()).unwrap_or_default())
/// })
/// .await;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
pub fn for_each_item<'a, I, T, C>(
    inputs: impl Stream<Item = Result<I, Error>> + Send + 'a,
    call: impl Fn(I) -> C + Send + 'a,
) -> Bulk<'a, I, T>
where
    C: IntoFuture<Output = Result<T, Error>>,
    C::IntoFuture: Send + 'a,
{
    Bulk::new(Inputs::Stream(Box::pin(inputs)), call)
}

impl<'a, I, T> Bulk<'a, I, T> {
    fn new<C>(inputs: Inputs<'a, I>, call: impl Fn(I) -> C + Send + 'a) -> Self
    where
        C: IntoFuture<Output = Result<T, Error>>,
        C::IntoFuture: Send + 'a,
    {
        let call: MakeCall<'a, I, T> = Box::new(move |input| Box::pin(call(input).into_future()));
        Self { inputs, call, stop: None, settings: Settings::default() }
    }

    settings_methods!('a);

    /// Tells of waits, and of no failures: the caller makes these calls again.
    pub(crate) fn telling_only_waits(mut self, progress: impl crate::Progress + 'a) -> Self {
        self.settings.on_progress(progress);
        self.settings.only_waits();
        self
    }

    /// Makes no more calls when this is ready: `tokio::time::sleep(..)`, `tokio::signal::ctrl_c()`. The calls that are
    /// under way are waited for, so that the report has an outcome for each.
    pub fn stop_when<S>(mut self, stop: S) -> Self
    where
        S: IntoFuture,
        S::IntoFuture: Send + 'a,
    {
        let stop = stop.into_future();
        self.stop = Some(Box::pin(async move {
            stop.await;
        }));
        self
    }
}

impl<'a, I: Clone + Send + 'a, T: Send + 'a> IntoFuture for Bulk<'a, I, T> {
    type Output = Report<I, T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Report<I, T>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(Run::new(self).run())
    }
}

impl<I, T> fmt::Debug for Bulk<'_, I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A call that has been sent, with what it is made of.
type Running<'a, I, T> = Boxed<'a, (Job<I>, Result<T, Error>)>;

/// An input, and its place among all.
struct Job<I> {
    at: usize,
    input: I,
    waits: u32,
}

enum Event<I, T> {
    Start(Job<I>),
    Outcome(Job<I>, Result<T, Error>),
    InputFailed(Error),
    Stop,
}

pub(super) struct Run<'a, I, T> {
    bulk: Bulk<'a, I, T>,
    running: FuturesUnordered<Running<'a, I, T>>,
    /// What a rate limit has refused.
    again: VecDeque<Job<I>>,
    /// Until when no call is made, and what wakes the run then.
    pause: Option<(Instant, Boxed<'static, ()>)>,
    /// Since when the client's rate limit has given no permit.
    without_permit: Option<Instant>,
    next: usize,
    is_open: bool,
    inputs_ended: bool,
    failures_in_a_row: usize,
    count: Count,
    finished: Vec<(usize, I, Result<T, Error>)>,
    stopped: Option<Error>,
}

impl<'a, I: Clone + Send + 'a, T: Send + 'a> Run<'a, I, T> {
    pub(super) fn new(bulk: Bulk<'a, I, T>) -> Self {
        let total = match &bulk.inputs {
            Inputs::List(list) => Some(list.len()),
            Inputs::Stream(_) => None,
        };
        Self {
            running: FuturesUnordered::new(),
            again: VecDeque::new(),
            pause: None,
            without_permit: None,
            next: 0,
            is_open: true,
            inputs_ended: false,
            failures_in_a_row: 0,
            count: Count::of(total, bulk.settings.only_waits),
            bulk,
            finished: Vec::new(),
            stopped: None,
        }
    }

    async fn run(mut self) -> Report<I, T> {
        while poll_fn(|context| self.poll_step(context)).await {}
        self.into_report()
    }

    /// Goes one step further; `false` at the end.
    pub(super) fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        self.poll_event(context).map(|event| {
            match event {
                None => return false,
                Some(Event::Start(job)) => self.start(job),
                Some(Event::Outcome(job, outcome)) => self.settle(job, outcome),
                Some(Event::InputFailed(error)) => self.stop(Some(error)),
                Some(Event::Stop) => self.stop(None),
            }
            true
        })
    }

    /// An outcome that nobody has taken yet.
    pub(super) fn take_finished(&mut self) -> Option<(I, Result<T, Error>)> {
        self.finished.pop().map(|(_, input, outcome)| (input, outcome))
    }

    /// What happens next; `None` at the end.
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Event<I, T>>> {
        if let Some(stop) = self.bulk.stop.as_mut().filter(|_| self.is_open)
            && stop.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Some(Event::Stop));
        }
        if let Poll::Ready(Some((job, outcome))) = self.running.poll_next_unpin(context) {
            return Poll::Ready(Some(Event::Outcome(job, outcome)));
        }
        if self.is_open && self.running.len() < self.bulk.settings.concurrency {
            if let Some((_, pause)) = &mut self.pause {
                if pause.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.pause = None;
            }
            match self.poll_input(context) {
                Poll::Ready(Some(Ok(job))) => return Poll::Ready(Some(Event::Start(job))),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Event::InputFailed(error))),
                Poll::Ready(None) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        match self.running.is_empty() {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    }

    fn poll_input(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Job<I>, Error>>> {
        if let Some(job) = self.again.pop_front() {
            return Poll::Ready(Some(Ok(job)));
        }
        if self.inputs_ended {
            return Poll::Ready(None);
        }
        let input = match &mut self.bulk.inputs {
            Inputs::List(list) => Poll::Ready(list.pop_front().map(Ok)),
            Inputs::Stream(stream) => stream.as_mut().poll_next(context),
        };
        input.map(|input| {
            self.inputs_ended = !matches!(input, Some(Ok(_)));
            let at = self.next;
            self.next += 1;
            input.map(|input| input.map(|input| Job { at, input, waits: 0 }))
        })
    }

    fn start(&mut self, job: Job<I>) {
        let call = (self.bulk.call)(job.input.clone());
        self.running.push(Box::pin(async move {
            let outcome = call.await;
            (job, outcome)
        }));
    }

    fn settle(&mut self, mut job: Job<I>, outcome: Result<T, Error>) {
        if let Err(error) = &outcome
            && error.is_without_permit()
        {
            self.wait_for_permit(error);
            self.again.push_back(job);
            return;
        }
        self.without_permit = None;
        let wait = outcome.as_ref().err().and_then(failure::rate_limit_wait);
        if let (Err(error), Some(wait)) = (&outcome, wait)
            && job.waits < MOST_WAITS
        {
            match wait > self.bulk.settings.maximum_wait {
                true => self.stop(Some(error.clone())),
                false => self.hold_back(wait),
            }
            job.waits += 1;
            self.again.push_back(job);
            return;
        }
        self.count.add(outcome.is_ok());
        if let Err(error) = &outcome {
            self.judge(error);
        }
        if !outcome.as_ref().is_err_and(failure::can_pass) {
            self.failures_in_a_row = 0;
        }
        self.finished.push((job.at, job.input, outcome));
        self.tell(None);
    }

    /// Ends the run if the failure shows that the others would fail the same way.
    fn judge(&mut self, error: &Error) {
        self.failures_in_a_row += 1;
        let are_too_many = self.failures_in_a_row >= self.bulk.settings.failures_in_a_row;
        if failure::concerns_all(error) || failure::can_pass(error) && are_too_many {
            self.stop(Some(error.clone()));
        }
    }

    fn stop(&mut self, why: Option<Error>) {
        if self.is_open {
            self.stopped = why;
        }
        self.is_open = false;
    }

    /// The call has waited in the limiter's queue, and goes there again; unless no call has come out of it for long.
    fn wait_for_permit(&mut self, error: &Error) {
        let since = *self.without_permit.get_or_insert_with(Instant::now);
        if since.elapsed() > self.bulk.settings.maximum_wait {
            self.stop(Some(error.clone()));
        }
    }

    /// Makes no call for this long.
    fn hold_back(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        if self.pause.as_ref().is_some_and(|(known, _)| *known >= until) {
            return;
        }
        self.pause = Some((until, Box::pin(operation::pause(wait))));
        self.tell(Some(wait));
    }

    fn tell(&mut self, waiting: Option<Duration>) {
        if let Some(listener) = &self.bulk.settings.progress {
            self.count.tell(&**listener, waiting);
        }
    }

    pub(super) fn into_report(self) -> Report<I, T> {
        let Self { bulk, again, mut finished, stopped, .. } = self;
        let mut again = Vec::from(again);
        again.sort_by_key(|job| job.at);
        finished.sort_by_key(|(at, ..)| *at);
        let unread = match bulk.inputs {
            Inputs::List(list) => list,
            Inputs::Stream(_) => VecDeque::new(),
        };
        let not_tried = again.into_iter().map(|job| job.input).chain(unread).collect();
        let mut report = Report { not_tried, stopped, ..Report::default() };
        for (_, input, outcome) in finished {
            match outcome {
                Ok(value) => report.done.push((input, value)),
                Err(error) => report.failed.push((input, error)),
            }
        }
        report
    }
}
