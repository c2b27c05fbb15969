//! Where a request comes from: the address by which failures are counted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use ipnet::IpNet;

/// The address of the client in words: an IPv4 address, or the /64 network of an IPv6 address, which belongs to one
/// connection. `None` from this machine itself: whatever stands in front is then not known to be a proxy, and counting
/// would put everybody into one run.
///
/// A proxy is believed when it is one of `trusted`: of its `X-Forwarded-For`, the last address that is not a proxy's
/// itself. What stands before it, a client may have written.
#[must_use]
pub fn client_address(parts: &Parts, trusted: &[IpNet]) -> Option<String> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.ip().to_canonical();
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let named: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
    for named in named.into_iter().rev() {
        let (true, Ok(before)) = (is_trusted(client), named.parse::<IpAddr>()) else { break };
        client = before.to_canonical();
    }
    match client {
        address if address.is_loopback() => None,
        IpAddr::V4(address) => Some(address.to_string()),
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Some(format!("{}/64", Ipv6Addr::from(network)))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut request = Request::builder();
        for line in forwarded {
            request = request.header("x-forwarded-for", *line);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(&parts, &trusted)
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxies = ["10.0.0.0/8", "127.0.0.1/32"];
        for (peer, forwarded, address) in [
            ("203.0.113.7:1", &[][..], Some("203.0.113.7")),
            ("203.0.113.7:1", &["198.51.100.1"], Some("203.0.113.7")),
            ("10.0.0.1:1", &["198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.1:1", &["192.0.2.9, 198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.1:1", &["192.0.2.9, 198.51.100.1, 10.2.3.4"], Some("198.51.100.1")),
            ("10.0.0.1:1", &["192.0.2.9", "198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.1:1", &["anything"], Some("10.0.0.1")),
            ("10.0.0.1:1", &[], Some("10.0.0.1")),
            ("127.0.0.1:1", &["198.51.100.1"], Some("198.51.100.1")),
            ("127.0.0.1:1", &[], None),
            ("[::1]:1", &["198.51.100.1"], None),
            ("[::ffff:203.0.113.7]:1", &[], Some("203.0.113.7")),
            ("[2001:db8:1:2:3:4:5:6]:1", &[], Some("2001:db8:1:2::/64")),
        ] {
            assert_eq!(seen(peer, forwarded, &proxies).as_deref(), address, "{peer} {forwarded:?}");
        }
    }
}
