//! A server that receives webhooks.

use axum::Json;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

/// Passes every event that is posted to the returned URL to `take`.
pub async fn postbox(take: impl Fn(Value) + Clone + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let receive = async move |Json(event): Json<Value>| take(event);
    let router = axum::Router::new().route("/", post(receive));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
