//! The one origin that a browser sees: the static site, and the API under `/api-*`.

use shared::chain;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::{error::Error, headers, options::Options, proxy::Proxy};

/// The served folder.
#[derive(Clone)]
pub(crate) struct Site {
    folder: PathBuf,
    /// It is our own site, so we provide its settings.
    is_ours: bool,
}

impl Site {
    /// Finds the folder that `options` name.
    pub(crate) fn find(options: &Options, workspace: &Path) -> Result<Self, Error> {
        let is_ours = options.site.is_none();
        let folder = options
            .site
            .clone()
            .unwrap_or_else(|| workspace.join("static-site/dist"));
        match folder.join("index.html").is_file() {
            true => Ok(Self { folder, is_ours }),
            false if is_ours => Err(Error::SiteNotBuilt),
            false => Err(Error::NoSite(folder)),
        }
    }

    /// The headers of every answer. Another site gets none of them: it may need what ours forbids.
    pub(crate) fn headers(&self, openvidu: &str) -> Result<HeaderMap, Error> {
        match self.is_ours {
            true => headers::of_our_site(openvidu),
            false => Ok(HeaderMap::new()),
        }
    }

    /// Do we answer with the settings of the site, instead of its folder?
    fn gives_settings(&self) -> bool {
        self.is_ours || !self.folder.join("config.json").exists()
    }
}

#[derive(Clone)]
struct Origin {
    site: Site,
    /// The video server, as the page knows it.
    video_server: Value,
    headers: HeaderMap,
    files: ServeDir,
    proxy: Proxy,
}

/// Serves `site` and the functions behind `proxy`, with `headers`, until it is dropped. It tells
/// the site about the `video_server`.
pub(crate) async fn serve(
    listener: TcpListener,
    site: Site,
    video_server: Value,
    headers: HeaderMap,
    proxy: Proxy,
) {
    let router = router(site, video_server, headers, proxy);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).await {
        tracing::error!(error = chain(&error), "the site's server failed");
    }
}

fn router(site: Site, video_server: Value, headers: HeaderMap, proxy: Proxy) -> Router {
    let files = ServeDir::new(&site.folder);
    Router::new().fallback(answer).with_state(Origin {
        site,
        video_server,
        headers,
        files,
        proxy,
    })
}

async fn answer(
    State(origin): State<Origin>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let headers = origin.headers.clone();
    let mut response = if request.uri().path().starts_with("/api-") {
        origin.proxy.forward(peer, request).await
    } else {
        file(origin, request).await
    };
    // Replaces existing ones, as CloudFront does.
    response.headers_mut().extend(headers);
    response
}

async fn file(mut origin: Origin, request: Request) -> Response {
    let path = request.uri().path();
    let mut response = if path == "/config.json" && origin.site.gives_settings() {
        let settings = json!({
            "apiBaseUrl": "",
            "demoUsers": true,
            "videoServer": origin.video_server,
        });
        Json(settings).into_response()
    } else {
        match origin.files.try_call(request).await {
            Ok(response) if response.status() == StatusCode::NOT_FOUND => not_found(),
            Ok(response) => response.map(Body::new),
            Err(error) => {
                tracing::error!(error = chain(&error), "a file of the site cannot be read");
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

#[cfg(test)]
mod tests {
    use std::{fs, net::Ipv4Addr};

    use super::*;

    const OPENVIDU: &str = "http://127.0.0.1:4443";

    /// What a server of `site`, without functions, answers to `GET path`.
    async fn ask(site: &Site, path: &str) -> reqwest::Response {
        // Fails if another test has installed one, which is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let headers = site.headers(OPENVIDU).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let proxy = Proxy::new(nobody, 8080);
        tokio::spawn(serve(
            listener,
            site.clone(),
            json!({ "kind": "openvidu", "url": OPENVIDU }),
            headers,
            proxy,
        ));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.get(url).send().await.unwrap()
    }

    /// The same: status and body.
    async fn get(site: &Site, path: &str) -> (StatusCode, String) {
        let response = ask(site, path).await;
        (response.status(), response.text().await.unwrap())
    }

    fn site(folder: &Path, is_ours: bool) -> Site {
        fs::write(folder.join("index.html"), "the page").unwrap();
        let folder = folder.to_owned();
        Site { folder, is_ours }
    }

    #[tokio::test]
    async fn our_site_has_the_headers_of_the_deployed_one() {
        let folder = tempfile::tempdir().unwrap();
        let site = site(folder.path(), true);
        let wanted = headers::of_our_site(OPENVIDU).unwrap();
        for path in ["/", "/config.json", "/none.js", "/api-login/login"] {
            let response = ask(&site, path).await;
            for (name, value) in &wanted {
                assert_eq!(response.headers().get(name), Some(value), "{path}");
            }
        }
    }

    #[tokio::test]
    async fn another_site_gets_none_of_the_headers() {
        let folder = tempfile::tempdir().unwrap();
        let site = site(folder.path(), false);
        let ours = headers::of_our_site(OPENVIDU).unwrap();
        for path in ["/", "/config.json", "/api-login/login"] {
            let response = ask(&site, path).await;
            for name in ours.keys() {
                assert_eq!(response.headers().get(name), None, "{path}");
            }
        }
    }

    #[tokio::test]
    async fn files_are_served_and_everything_else_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let site = site(folder.path(), true);
        assert_eq!(get(&site, "/").await, (StatusCode::OK, "the page".into()));
        assert_eq!(get(&site, "/index.html?x=1").await.1, "the page");
        assert_eq!(get(&site, "/none.js").await.0, StatusCode::NOT_FOUND);
        assert_eq!(
            get(&site, "/..%2fCargo.toml").await.0,
            StatusCode::NOT_FOUND
        );
    }

    #[tokio::test]
    async fn the_api_is_never_a_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("api-login")).unwrap();
        fs::write(folder.path().join("api-login/login"), "a file").unwrap();
        let site = site(folder.path(), true);
        let (status, _) = get(&site, "/api-login/login").await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
    }

    #[tokio::test]
    async fn our_site_gets_its_settings_from_here() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), "built in").unwrap();
        let ours = get(&site(folder.path(), true), "/config.json").await;
        let settings: serde_json::Value = serde_json::from_str(&ours.1).unwrap();
        let video_server = json!({ "kind": "openvidu", "url": OPENVIDU });
        let wanted = json!({ "apiBaseUrl": "", "demoUsers": true, "videoServer": video_server });
        assert_eq!(settings, wanted);
    }

    #[tokio::test]
    async fn another_site_keeps_its_own_settings() {
        let folder = tempfile::tempdir().unwrap();
        let site = site(folder.path(), false);
        assert_eq!(get(&site, "/config.json").await.0, StatusCode::OK);
        fs::write(folder.path().join("config.json"), "its own").unwrap();
        assert_eq!(get(&site, "/config.json").await.1, "its own");
    }
}
