//! Ages as kubectl users read them: `5m12s`, `3h`, `2d4h`.

/// The time since an RFC 3339 timestamp; `<unknown>` without one.
pub(super) fn since(timestamp: Option<&str>, now: jiff::Timestamp) -> String {
    let Some(timestamp) = timestamp.filter(|t| !t.is_empty()) else {
        return "<unknown>".to_owned();
    };
    match timestamp.parse::<jiff::Timestamp>() {
        Ok(then) => human_duration(now.as_second().saturating_sub(then.as_second())),
        Err(_) => "<invalid>".to_owned(),
    }
}

/// A duration in seconds in at most two units (apimachinery `duration.HumanDuration`).
pub fn human_duration(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let two = |big: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{big}{unit}"),
        _ => format!("{big}{unit}{small}{small_unit}"),
    };
    if seconds < -1 {
        "<invalid>".to_owned()
    } else if seconds < 0 {
        "0s".to_owned()
    } else if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, 'm', seconds % 60, 's')
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, 'h', minutes % 60, 'm')
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 24 * 8 {
        two(days, 'd', hours % 24, 'h')
    } else if days < 365 * 2 {
        format!("{days}d")
    } else if days < 365 * 8 {
        two(days / 365, 'y', days % 365, 'd')
    } else {
        format!("{}y", days / 365)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_get_coarser_as_they_grow() {
        for (seconds, wanted) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (125, "2m5s"),
            (540, "9m"),
            (3 * 3600 - 1, "179m"),
            (5 * 3600 + 1800, "5h30m"),
            (47 * 3600, "47h"),
            (3 * 86400 + 4 * 3600, "3d4h"),
            (40 * 86400, "40d"),
            (3 * 365 * 86400 + 86400, "3y1d"),
            (9 * 365 * 86400, "9y"),
        ] {
            assert_eq!(human_duration(seconds), wanted);
        }
    }

    #[test]
    fn no_timestamp_is_unknown_and_a_broken_one_invalid() {
        let now = "2026-01-01T00:01:00Z".parse().unwrap();
        assert_eq!(since(Some("2026-01-01T00:00:00Z"), now), "60s");
        assert_eq!(since(None, now), "<unknown>");
        assert_eq!(since(Some("x"), now), "<invalid>");
    }
}
