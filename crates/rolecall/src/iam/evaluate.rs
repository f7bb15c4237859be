use std::io::{self, BufRead, Write};

use rolecall_policy::{Decision, Question, QuestionReader, evaluate};
use serde_json::json;

/// The longest line of a stream of requests, in bytes. A longer one is answered with an error.
const MAX_LINE: usize = 64 << 20;

/// Decides one request.
pub(super) fn decide(question: &Question) -> Decision {
    evaluate(&question.request, &question.layers)
}

/// Answers one request a line, in order. A line that is no request is answered with an error and
/// the others still count; blank lines are passed over. Returns how many lines were no requests.
///
/// # Errors
/// When the input cannot be read or the output cannot be written.
pub(super) fn stream(input: &mut dyn BufRead, output: &mut dyn Write) -> io::Result<usize> {
    let mut reader = QuestionReader::default();
    let (mut line, mut number, mut bad) = (Vec::new(), 0_usize, 0_usize);
    while read_line(input, &mut line)? {
        number += 1;
        let answered = match std::str::from_utf8(&line) {
            Ok(text) if text.trim().is_empty() => continue,
            _ if line.len() > MAX_LINE => Err(format!("the line is longer than {MAX_LINE} bytes")),
            Ok(text) => reader.read(text).map_err(|error| error.to_string()),
            Err(error) => Err(format!("the line is not UTF-8: {error}")),
        };
        match answered {
            Ok(question) => serde_json::to_writer(&mut *output, &decide(&question))?,
            Err(error) => {
                bad += 1;
                serde_json::to_writer(&mut *output, &json!({ "error": error, "line": number }))?;
            }
        }
        output.write_all(b"\n")?;
    }
    output.flush()?;
    Ok(bad)
}

/// Reads up to a line's end, keeping at most one byte more than a line may have. False at the end.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end + 1);
        let room = (MAX_LINE + 1).saturating_sub(line.len());
        line.extend(chunk.iter().take(end.unwrap_or(taken).min(room)));
        input.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// A decision for people: the outcome, then every layer that applies with what decided in it.
pub(super) fn write_text(
    question: &Question,
    decision: &Decision,
    output: &mut dyn Write,
) -> io::Result<()> {
    let request = &question.request;
    let (who, action, resource) = (request.principal(), request.action(), request.resource());
    writeln!(
        output,
        "{}: {who}\n  {action} on {resource}",
        decision.effect
    )?;
    if let Some(message) = decision.access_denied_message() {
        writeln!(output, "  AWS says: {message}")?;
    }
    for layer in &decision.layers {
        writeln!(output, "\n{}: {}", layer.layer, layer.decision)?;
        for statement in &layer.matched {
            writeln!(output, "  {statement} applies ({:?})", statement.effect)?;
        }
        for near in &layer.near_misses {
            writeln!(output, "  {near}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(input: &str) -> (usize, Vec<serde_json::Value>) {
        let mut output = Vec::new();
        let bad = stream(&mut input.as_bytes(), &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        (
            bad,
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        )
    }

    #[test]
    fn a_bad_line_is_answered_in_its_place_and_the_rest_still_count() {
        let good = r#"{"principal":"arn:aws:iam::111122223333:role/R","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","identityPolicies":["AdministratorAccess"]}"#;
        let (bad, answers) = streamed(&format!("{good}\nnot json\n\n{good}"));
        assert_eq!(bad, 1);
        assert_eq!(answers.len(), 3);
        assert_eq!(answers[0]["decision"], "Allowed");
        assert_eq!(answers[1]["line"], 2);
        assert!(
            answers[1]["error"].as_str().unwrap().contains("JSON"),
            "{}",
            answers[1]
        );
        assert_eq!(answers[2]["decision"], "Allowed");
    }

    #[test]
    fn a_request_that_lacks_a_field_says_which() {
        let (_, answers) = streamed(r#"{"principal":"*","action":"s3:GetObject"}"#);
        assert_eq!(answers[0]["error"], "the field `resource` is missing");
    }
}
