//! What a photo says besides its picture is cut out: position, time, camera, comments, thumbnails, whatever is appended.
//!
//! The container is copied part by part, and only parts that the picture needs are copied; nothing is decoded. Of a JPEG's EXIF the
//! orientation is kept, or portraits would lie on their side.

/// Kinds of image that are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Format {
    /// By content, never by name or header.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match infer::get(bytes)?.mime_type() {
            "image/jpeg" => Some(Self::Jpeg),
            "image/png" => Some(Self::Png),
            "image/webp" => Some(Self::Webp),
            _ => None,
        }
    }

    /// As it stands in `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// The picture without what else the file said; none where the file is broken or breaks off.
pub fn clean(format: Format, bytes: &[u8]) -> Option<Vec<u8>> {
    match format {
        Format::Jpeg => jpeg(bytes),
        Format::Png => png(bytes),
        Format::Webp => webp(bytes),
    }
}

fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..2).filter(|start| *start == [0xFF, 0xD8])?);
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        // Any number of 0xFF may stand before a marker.
        while *bytes.get(at + 1)? == 0xFF {
            at += 1;
        }
        let marker = bytes[at + 1];
        if marker == 0xD9 {
            out.extend_from_slice(&[0xFF, 0xD9]);
            return Some(out); // What is appended after the end is left behind.
        }
        if matches!(marker, 0x01 | 0xD0..=0xD7) {
            out.extend_from_slice(&bytes[at..at + 2]);
            at += 2;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
        // The length counts its own two bytes; less is broken, and an empty range is none.
        let end = at + 2 + length;
        let content = bytes.get(at + 4..end)?;
        let wanted = match marker {
            0xE0 => content.starts_with(b"JFIF\0"),
            0xE2 => content.starts_with(b"ICC_PROFILE\0"),
            0xEE => content.starts_with(b"Adobe"),
            0xE1..=0xEF | 0xFE => false,
            _ => true,
        };
        if wanted {
            out.extend_from_slice(&bytes[at..end]);
        } else if marker == 0xE1
            && let Some(orientation) = orientation(content)
        {
            out.extend_from_slice(&only_orientation(orientation));
        }
        at = end;
        if marker == 0xDA {
            // Compressed data until the next marker; 0xFF00 is data, 0xFFD0 to 0xFFD7 restart it.
            let from = at;
            while *bytes.get(at)? != 0xFF || matches!(*bytes.get(at + 1)?, 0x00 | 0xD0..=0xD7) {
                at += 1;
            }
            out.extend_from_slice(&bytes[from..at]);
        }
    }
}

/// The orientation that an EXIF block names, where it is not the upright one.
fn orientation(content: &[u8]) -> Option<u8> {
    let tiff = content.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let pair = [*tiff.get(at)?, *tiff.get(at + 1)?];
        Some(if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        })
    };
    let (high, low) = if little { (6, 4) } else { (4, 6) };
    let directory = usize::from(short(high)?) << 16 | usize::from(short(low)?);
    (0..usize::from(short(directory)?))
        .map(|n| directory + 2 + n * 12)
        .find(|entry| short(*entry) == Some(0x0112))
        .and_then(|entry| u8::try_from(short(entry + 8)?).ok())
        .filter(|value| (2..=8).contains(value))
}

/// An EXIF segment with the orientation and nothing else.
fn only_orientation(value: u8) -> Vec<u8> {
    let mut segment = vec![0xFF, 0xE1, 0, 34];
    segment.extend_from_slice(b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    segment.extend_from_slice(&[value, 0, 0, 0, 0, 0, 0]);
    segment
}

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    out.extend_from_slice(SIGNATURE);
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let chunk = rest.get(..length.checked_add(12)?)?;
        let kind = &chunk[4..8];
        // A kind that begins with a capital letter is needed for the picture.
        let wanted = kind[0].is_ascii_uppercase()
            || matches!(
                kind,
                b"tRNS"
                    | b"gAMA"
                    | b"cHRM"
                    | b"sRGB"
                    | b"iCCP"
                    | b"sBIT"
                    | b"pHYs"
                    | b"bKGD"
                    | b"acTL"
                    | b"fcTL"
                    | b"fdAT"
            );
        if wanted {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(out);
        }
        rest = &rest[chunk.len()..];
    }
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = usize::try_from(u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?)).ok()?;
    let mut rest = bytes.get(8..size.checked_add(8)?)?.strip_prefix(b"WEBP")?;
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    while !rest.is_empty() {
        let kind: &[u8; 4] = rest.first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*rest.get(4..)?.first_chunk()?)).ok()?;
        let whole = length.checked_add(length % 2)?.checked_add(8)?;
        let chunk = rest.get(..whole)?;
        match kind {
            b"VP8X" => {
                let mut header = chunk.to_vec();
                // The flags that announce EXIF and XMP.
                *header.get_mut(8)? &= !0b0000_1100;
                out.extend_from_slice(&header);
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => out.extend_from_slice(chunk),
            _ => {}
        }
        rest = &rest[whole..];
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], content].concat()
    }

    /// Two scans, a restart, stuffed data, EXIF with a place, XMP, a comment and something appended.
    fn photo(exif: &[u8]) -> Vec<u8> {
        [
            &[0xFF, 0xD8][..],
            &segment(0xE0, b"JFIF\0rest"),
            &segment(0xE1, exif),
            &segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0GPSLatitude"),
            &segment(0xFE, b"at home"),
            &segment(0xC0, b"frame"),
            &segment(0xDA, b"scan"),
            &[1, 0xFF, 0x00, 2, 0xFF, 0xD3, 3],
            &segment(0xC4, &[0xFF, 0xD9]),
            &segment(0xDA, b"scan"),
            &[4, 5, 0xFF, 0xD9],
            b"GPS appended",
        ]
        .concat()
    }

    #[test]
    fn a_jpeg_keeps_its_picture_and_orientation_and_loses_what_else_it_says() {
        let exif = b"Exif\0\0II\x2A\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x25\x88\x04\0\x01\0\0\0\x00\x01\0\0GPS";
        let cleaned = clean(Format::Jpeg, &photo(exif)).unwrap();
        let expected = [
            &[0xFF, 0xD8][..],
            &segment(0xE0, b"JFIF\0rest"),
            &only_orientation(6),
            &segment(0xC0, b"frame"),
            &segment(0xDA, b"scan"),
            &[1, 0xFF, 0x00, 2, 0xFF, 0xD3, 3],
            &segment(0xC4, &[0xFF, 0xD9]),
            &segment(0xDA, b"scan"),
            &[4, 5, 0xFF, 0xD9],
        ]
        .concat();
        assert_eq!(cleaned, expected);
        assert_eq!(
            clean(Format::Jpeg, &cleaned),
            Some(cleaned.clone()),
            "it stays as it is"
        );
        let kept = &only_orientation(6)[4..];
        assert_eq!((kept.len(), orientation(kept)), (32, Some(6)));
    }

    #[test]
    fn what_breaks_off_is_broken_wherever_it_does() {
        let whole = photo(b"Exif\0\0");
        let end = whole.len() - b"GPS appended".len();
        assert!(clean(Format::Jpeg, &whole[..end]).is_some());
        for cut in 0..end {
            assert_eq!(clean(Format::Jpeg, &whole[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_png_and_a_webp_lose_their_texts() {
        let chunk = |kind: &[u8], content: &[u8]| {
            let length = u32::try_from(content.len()).unwrap().to_be_bytes();
            [&length[..], kind, content, &[0; 4]].concat()
        };
        let picture = [
            chunk(b"IHDR", b"head"),
            chunk(b"IDAT", b"data"),
            chunk(b"IEND", b""),
        ];
        let signature = b"\x89PNG\r\n\x1a\n".to_vec();
        let told = [
            signature.clone(),
            picture[0].clone(),
            chunk(b"eXIf", b"GPS"),
            chunk(b"iTXt", b"GPS"),
            picture[1].clone(),
            picture[2].clone(),
            b"appended".to_vec(),
        ]
        .concat();
        assert_eq!(
            clean(Format::Png, &told),
            Some([signature, picture.concat()].concat())
        );
        assert_eq!(clean(Format::Png, &told[..told.len() - 20]), None);

        let part = |kind: &[u8], content: &[u8]| {
            let length = u32::try_from(content.len()).unwrap().to_le_bytes();
            [kind, &length[..], content, &vec![0; content.len() % 2][..]].concat()
        };
        let riff = |parts: &[Vec<u8>]| {
            let body = parts.concat();
            let size = u32::try_from(body.len() + 4).unwrap().to_le_bytes();
            [b"RIFF", &size[..], b"WEBP", &body].concat()
        };
        let header = |flags: u8| part(b"VP8X", &[flags, 0, 0, 0, 1, 0, 0, 1, 0, 0]);
        let told = riff(&[
            header(0b0010_1100),
            part(b"VP8 ", b"odd"),
            part(b"EXIF", b"GPS"),
            part(b"XMP ", b"GPS"),
        ]);
        assert_eq!(
            clean(Format::Webp, &told),
            Some(riff(&[header(0b0010_0000), part(b"VP8 ", b"odd")]))
        );
        assert_eq!(clean(Format::Webp, &told[..told.len() - 1]), None);
    }
}
