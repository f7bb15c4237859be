use crate::failure::Failure;

/// Gathers what is wrong with the parameters of a call and words it as the query services do, all
/// faults in one message.
#[derive(Default)]
pub(super) struct Constraints(Vec<String>);

impl Constraints {
    /// A text's length, in characters.
    pub(super) fn length(
        &mut self,
        name: &str,
        value: Option<&str>,
        shortest: usize,
        longest: usize,
    ) {
        let Some(value) = value else { return };
        let length = value.chars().count();
        if length < shortest {
            self.add(
                value,
                name,
                &format!("Member must have length greater than or equal to {shortest}"),
            );
        } else if length > longest {
            self.add(
                value,
                name,
                &format!("Member must have length less than or equal to {longest}"),
            );
        }
    }

    /// Letters, digits and `others` only; `pattern` is the model's regular expression.
    pub(super) fn letters(&mut self, name: &str, value: Option<&str>, others: &str, pattern: &str) {
        let Some(value) = value else { return };
        let fits = |letter: char| {
            letter.is_ascii_alphanumeric() || letter == '_' || others.contains(letter)
        };
        if !value.chars().all(fits) {
            self.add(
                value,
                name,
                &format!("Member must satisfy regular expression pattern: {pattern}"),
            );
        }
    }

    /// A number's bounds.
    pub(super) fn range(&mut self, name: &str, value: Option<i64>, least: i64, most: i64) {
        let Some(value) = value else { return };
        if value < least {
            self.add(
                &value.to_string(),
                name,
                &format!("Member must have value greater than or equal to {least}"),
            );
        } else if value > most {
            self.add(
                &value.to_string(),
                name,
                &format!("Member must have value less than or equal to {most}"),
            );
        }
    }

    fn add(&mut self, value: &str, name: &str, constraint: &str) {
        self.0.push(format!(
            "Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
        ));
    }

    pub(super) fn check(self) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (count, errors) = (
            self.0.len(),
            if self.0.len() == 1 { "error" } else { "errors" },
        );
        Err(invalid(format!(
            "{count} validation {errors} detected: {}",
            self.0.join("; ")
        )))
    }
}

/// A parameter that makes no sense.
pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new("ValidationError", 400, message).recorded_as("ValidationException")
}
