//! Plain http on one address, until somebody says stop.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::id::RequestId;
use domain::{Entropy, Issuer};
use server::Context;
use testkit::Http;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::failure::Failure;

/// How long requests under way may take once it is time to stop.
const PATIENCE: Duration = Duration::from_secs(3);

/// Listens on `address`, which `variable` chose.
///
/// # Errors
/// Where it is taken, or not ours.
pub(crate) fn listen(address: SocketAddr, variable: &'static str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|cause| match cause.kind() {
        io::ErrorKind::AddrInUse => Failure::Taken { address, variable },
        _ => Failure::Listen { address, variable, cause },
    })
}

/// Serves `router` until somebody says stop.
///
/// # Errors
/// Where the listener breaks.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    entropy: Arc<dyn Entropy>,
    stopping: Stopping,
) -> Result<(), Failure> {
    listener.set_nonblocking(true).map_err(Failure::Serve)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(Failure::Serve)?;
    let (mut graceful, mut patience) = (stopping.clone(), stopping);
    let router = router.layer(from_fn_with_state(entropy, introduce));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        graceful.told().await;
    });
    tokio::select! {
        served = async { server.await } => served.map_err(Failure::Serve),
        () = async {
            patience.told().await;
            tokio::time::sleep(PATIENCE).await;
        } => Ok(()),
    }
}

/// Whether somebody has said stop: with Ctrl-C, or with SIGTERM.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Listens from now on. Until then both end the process at once.
    ///
    /// # Errors
    /// Where the system takes no handler.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let handler = |kind| signal(kind).map_err(Failure::Serve);
        let (mut interrupted, mut terminated) =
            (handler(SignalKind::interrupt())?, handler(SignalKind::terminate())?);
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
            stop.send_replace(true);
            // Whoever waits looks at the last value, also when this end is gone.
            stop.closed().await;
        });
        Ok(Self(stopping))
    }

    /// Waits until somebody says stop.
    async fn told(&mut self) {
        self.0.wait_for(|stop| *stop).await.ok();
    }
}

/// Names a request, and says where it comes from as the connection has it: no header is asked.
async fn introduce(
    State(entropy): State<Arc<dyn Entropy>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(context(entropy.as_ref(), peer.ip()));
    next.run(request).await
}

fn context(entropy: &dyn Entropy, address: IpAddr) -> Context {
    Context { request_id: RequestId::generate(entropy), address: Some(address.to_canonical()) }
}

/// The endpoints as a program on this machine calls them.
#[derive(Clone)]
pub(crate) enum Endpoints {
    /// In this process, without a connection between.
    Here(Router, Arc<dyn Entropy>),
    /// Served by functions at this origin.
    There(Issuer, Http),
}

impl Endpoints {
    /// Sends a request for a path and reads the whole answer.
    ///
    /// # Errors
    /// Where nobody answers, or the answer breaks off.
    pub(crate) async fn call(
        &self,
        mut request: Request<Body>,
    ) -> Result<(StatusCode, Vec<u8>), axum::Error> {
        let response = match self {
            Self::Here(router, entropy) => {
                request.extensions_mut().insert(context(entropy.as_ref(), Ipv4Addr::LOCALHOST.into()));
                match router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
            Self::There(origin, http) => {
                let address = origin.at(request.uri().path()).parse().map_err(axum::Error::new)?;
                *request.uri_mut() = address;
                http.send(request).await?
            }
        };
        let (parts, body) = response.into_parts();
        Ok((parts.status, axum::body::to_bytes(body, usize::MAX).await?.to_vec()))
    }
}
