//! A STUN server that only tells clients their own address (RFC 8489). Browsers that use it ask no
//! public one.

use std::net::{IpAddr, SocketAddr};

use tokio::net::UdpSocket;

const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;

/// Answers binding requests until the task is aborted.
pub(super) async fn serve(socket: UdpSocket) {
    let mut buffer = [0; 1500];
    loop {
        // An error concerns a single packet, such as an ICMP "unreachable". The next one may
        // succeed.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            tokio::task::yield_now().await;
            continue;
        };
        if let Some(answer) = answer(&buffer[..length], from) {
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

fn answer(request: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let header = request.get(..HEADER)?;
    if header[..2] != BINDING_REQUEST || header[4..8] != MAGIC_COOKIE {
        return None;
    }
    // The cookie and the transaction id. The mapped address is XORed with them.
    let mask = &header[4..HEADER];
    let (family, address) = match from.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let port = from.port().to_be_bytes();
    let mut value = vec![0, family, port[0] ^ mask[0], port[1] ^ mask[1]];
    value.extend(address.iter().zip(mask).map(|(byte, mask)| byte ^ mask));

    let value_length = u16::try_from(value.len()).ok()?;
    let mut answer = Vec::with_capacity(HEADER + 4 + value.len());
    answer.extend(BINDING_SUCCESS);
    answer.extend((value_length + 4).to_be_bytes());
    answer.extend(mask);
    answer.extend(XOR_MAPPED_ADDRESS);
    answer.extend(value_length.to_be_bytes());
    answer.extend(value);
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_contains_the_clients_masked_address() {
        let mut request = vec![0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42];
        request.extend([7; 12]);
        // The address and the masked bytes are those of the sample response in RFC 5769, section
        // 2.2.
        let from = SocketAddr::from(([192, 0, 2, 1], 32853));
        let answer = answer(&request, from).expect("a binding request is answered");
        assert_eq!(answer[..4], [0x01, 0x01, 0x00, 0x0c]);
        assert_eq!(answer[4..20], request[4..20]);
        assert_eq!(
            answer[20..],
            [
                0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43
            ]
        );
    }

    #[test]
    fn other_packets_are_not_answered() {
        assert_eq!(
            answer(b"hello", SocketAddr::from(([127, 0, 0, 1], 9))),
            None
        );
        assert_eq!(
            answer(&[0; 20], SocketAddr::from(([127, 0, 0, 1], 9))),
            None
        );
    }
}
