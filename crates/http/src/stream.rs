//! A connection whose client must take what it is sent.
//!
//! hyper limits the time of a head that is read, and none of an answer that is written: a client that asks and never reads would hold
//! its connection, and the answers in it, for ever.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// Most bytes that the system keeps of an answer for a client that does not read it. The system says that there is room again once
/// about a third is free, so that this is also how much a slow client must read within its patience.
const UNREAD: usize = 64 << 10;

/// Prepares a connection for answers to requests.
pub(crate) fn prepare(tcp: &TcpStream) {
    // Answers are small; waiting for more to send would only delay them.
    let _ = tcp.set_nodelay(true);
    // A system that refuses this keeps more.
    let _ = SockRef::from(tcp).set_send_buffer_size(UNREAD);
}

/// A connection, perhaps within TLS, that fails when a write makes no progress for `patience`.
pub(crate) struct Stream<T> {
    inner: TokioIo<T>,
    patience: Duration,
    /// When the write that waits has waited too long.
    end: Option<Pin<Box<Sleep>>>,
}

impl<T> Stream<T> {
    pub(crate) fn new(stream: T, patience: Duration) -> Self {
        Self { inner: TokioIo::new(stream), patience, end: None }
    }

    /// What a write says, or that it has waited too long.
    fn within_patience<D>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<D>>,
    ) -> Poll<io::Result<D>> {
        if written.is_ready() {
            self.end = None;
            return written;
        }
        let patience = self.patience;
        let end = self.end.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> Read for Stream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> Write for Stream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.within_patience(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.within_patience(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TLS holds back what does not fit.
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.within_patience(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.within_patience(context, shut)
    }
}
