//! The one origin that a browser sees: the static site, and the API under `/api-*`.

use std::{net::SocketAddr, path::PathBuf};

use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::{WORKSPACE, error::Error, options::Options, proxy::Proxy};

/// The folder that is served.
#[derive(Clone)]
pub(crate) struct Site {
    folder: PathBuf,
    /// Our own site, whose settings are ours to give.
    is_ours: bool,
}

impl Site {
    /// Finds the folder that `options` ask for.
    pub(crate) fn find(options: &Options) -> Result<Self, Error> {
        let is_ours = options.site.is_none();
        let folder = options
            .site
            .clone()
            .unwrap_or_else(|| PathBuf::from(WORKSPACE).join("static-site/dist"));
        match folder.join("index.html").is_file() {
            true => Ok(Self { folder, is_ours }),
            false if is_ours => Err(Error::SiteNotBuilt),
            false => Err(Error::NoSite(folder)),
        }
    }

    /// Whether the settings of the site are answered here, rather than by its folder.
    fn gives_settings(&self) -> bool {
        self.is_ours || !self.folder.join("config.json").exists()
    }
}

#[derive(Clone)]
struct Origin {
    site: Site,
    files: ServeDir,
    proxy: Proxy,
}

/// Serves `site`, and the functions behind `proxy`, until dropped.
pub(crate) async fn serve(listener: TcpListener, site: Site, proxy: Proxy) {
    let service = router(site, proxy).into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).await {
        tracing::error!(%error, "the site's server failed");
    }
}

fn router(site: Site, proxy: Proxy) -> Router {
    let files = ServeDir::new(&site.folder);
    Router::new()
        .fallback(answer)
        .with_state(Origin { site, files, proxy })
}

async fn answer(
    State(mut origin): State<Origin>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api-") {
        return origin.proxy.forward(peer, request).await;
    }
    let mut response = if path == "/config.json" && origin.site.gives_settings() {
        Json(json!({ "apiBaseUrl": "", "demoUsers": true })).into_response()
    } else {
        match origin.files.try_call(request).await {
            Ok(response) if response.status() == StatusCode::NOT_FOUND => not_found(),
            Ok(response) => response.map(Body::new),
            Err(error) => {
                tracing::error!(%error, "a file of the site cannot be read");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    };
    // A rebuilt site shows at the next reload.
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn not_found() -> Response {
    let content_type = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::NOT_FOUND, content_type, "Not found\n").into_response()
}
