use bytes::{Bytes, BytesMut};

/// The data of a body in `aws-chunked` encoding; chunk signatures and trailers are passed over
/// (Amazon S3 API Reference, "Signature calculations for the authorization header: Transferring
/// payload in multiple chunks"). What is no chunk ends it.
pub(super) fn decoded(body: &Bytes) -> Bytes {
    let mut data = BytesMut::with_capacity(body.len());
    let mut rest = body.clone();
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let line = rest.split_to(end);
        let _ = rest.split_to(2);
        let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(size)
            .ok()
            .and_then(|size| usize::from_str_radix(size, 16).ok());
        match size {
            Some(size) if size > 0 && size <= rest.len() => {
                data.extend_from_slice(&rest.split_to(size));
                if rest.starts_with(b"\r\n") {
                    let _ = rest.split_to(2);
                }
            }
            _ => break,
        }
    }
    data.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_the_rest_is_passed_over() {
        let signed = b"5;chunk-signature=ab\r\nhello\r\n1;chunk-signature=cd\r\n!\r\n0;chunk-signature=ef\r\n\r\n";
        assert_eq!(decoded(&Bytes::from_static(signed)), "hello!");
        let trailer = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(decoded(&Bytes::from_static(trailer)), "abc");
        assert_eq!(decoded(&Bytes::from_static(b"ff\r\nshort")), "");
    }
}
