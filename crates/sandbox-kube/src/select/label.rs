//! Label selectors: `app=web,tier in (a, b),!canary,size>3`.

use serde_json::{Map, Value};

/// Requirements that all have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::In(values) => value.is_some_and(|one| values.iter().any(|other| other == one)),
            Test::NotIn(values) => value.is_none_or(|one| values.iter().all(|other| other != one)),
            Test::Above(limit) => number(value).is_some_and(|one| one > *limit),
            Test::Below(limit) => number(value).is_some_and(|one| one < *limit),
        }
    }
}

fn number(value: Option<&str>) -> Option<i64> {
    value?.parse().ok()
}

impl LabelSelector {
    /// Parses a selector.
    ///
    /// # Errors
    /// The text Kubernetes gives with 400.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text),
            next: 0,
        };
        let mut requirements = Vec::new();
        if parser.peek() == &Token::End {
            return Ok(Self { requirements });
        }
        loop {
            requirements.push(parser.requirement()?);
            match parser.take() {
                Token::End => return Ok(Self { requirements }),
                Token::Symbol(",")
                    if matches!(parser.peek(), Token::Word(_) | Token::Symbol("!")) => {}
                Token::Symbol(",") => {
                    return Err(parser.unexpected("identifier after ','"));
                }
                other => {
                    return Err(format!(
                        "found '{}', expected: ',' or 'end of string'",
                        other.text()
                    ));
                }
            }
        }
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    pub(crate) fn matches(&self, labels: Option<&Map<String, Value>>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels
                .and_then(|all| all.get(&requirement.key))
                .and_then(Value::as_str);
            requirement.holds(value)
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Symbol(symbol) => symbol,
            Self::End => "",
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return found;
        }
        let symbols = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];
        if let Some((symbol, tail)) = symbols
            .iter()
            .find_map(|one| rest.strip_prefix(one).map(|tail| (*one, tail)))
        {
            found.push(Token::Symbol(symbol));
            rest = tail;
            continue;
        }
        let ends = |c: char| c.is_whitespace() || "=!(),><".contains(c);
        let (word, tail) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        found.push(Token::Word(word.to_owned()));
        rest = tail;
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).unwrap_or(&Token::End)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn unexpected(&self, expected: &str) -> String {
        format!(
            "unable to parse requirement: found '{}', expected: {expected}",
            self.peek().text()
        )
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == &Token::Symbol("!");
        if absent {
            self.take();
        }
        let Token::Word(key) = self.peek().clone() else {
            return Err(self.unexpected("identifier"));
        };
        self.take();
        if let Some(why) = wrong_key(&key) {
            return Err(format!(
                "unable to parse requirement: <nil>: Invalid value: {key:?}: {why}"
            ));
        }
        if absent {
            return Ok(Requirement {
                key,
                test: Test::Absent,
            });
        }
        let test = match self.peek().clone() {
            Token::End | Token::Symbol(",") => Test::Exists,
            operator => {
                self.take();
                self.test(&operator, &key)?
            }
        };
        Ok(Requirement { key, test })
    }

    fn test(&mut self, operator: &Token, key: &str) -> Result<Test, String> {
        match operator.text() {
            "=" | "==" => Ok(Test::In(vec![self.exact(key)?])),
            "!=" => Ok(Test::NotIn(vec![self.exact(key)?])),
            "in" => Ok(Test::In(self.values(key)?)),
            "notin" => Ok(Test::NotIn(self.values(key)?)),
            ">" => self.limit(key).map(Test::Above),
            "<" => self.limit(key).map(Test::Below),
            other => Err(format!(
                "unable to parse requirement: found '{other}', expected: in, notin, =, ==, !=, gt, lt"
            )),
        }
    }

    fn exact(&mut self, key: &str) -> Result<String, String> {
        match self.peek().clone() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(word) => {
                self.take();
                checked(key, word)
            }
            Token::Symbol(_) => Err(self.unexpected("identifier")),
        }
    }

    fn limit(&mut self, key: &str) -> Result<i64, String> {
        let word = self.exact(key)?;
        word.parse().map_err(|_| {
            format!(
                "unable to parse requirement: values[0][{key}]: Invalid value: {word:?}: for 'Gt', 'Lt' operators, the value must be an integer"
            )
        })
    }

    fn values(&mut self, key: &str) -> Result<Vec<String>, String> {
        if self.peek() != &Token::Symbol("(") {
            return Err(self.unexpected("'('"));
        }
        self.take();
        let mut values = Vec::new();
        loop {
            values.push(match self.peek().clone() {
                Token::Word(word) => {
                    self.take();
                    checked(key, word)?
                }
                _ => String::new(),
            });
            match self.peek() {
                Token::Symbol(",") => {
                    self.take();
                }
                Token::Symbol(")") => {
                    self.take();
                    return Ok(values);
                }
                _ => return Err(self.unexpected("',', or ')'")),
            }
        }
    }
}

fn checked(key: &str, value: String) -> Result<String, String> {
    match crate::names::wrong_label_value(&value) {
        None => Ok(value),
        Some(why) => Err(format!(
            "unable to parse requirement: values[0][{key}]: Invalid value: {value:?}: {why}"
        )),
    }
}

fn wrong_key(key: &str) -> Option<String> {
    crate::names::wrong_qualified_name(key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::LabelSelector;

    fn matches(selector: &str, labels: &serde_json::Value) -> bool {
        LabelSelector::parse(selector)
            .unwrap()
            .matches(labels.as_object())
    }

    #[test]
    fn every_operator_selects_what_it_says() {
        let labels =
            json!({ "app": "web", "karpenter.sh/nodepool": "blue", "size": "4", "empty": "" });
        for yes in [
            "",
            "app",
            "app=web",
            "app==web",
            "app!=api",
            "other!=x",
            "!other",
            "app in (web, api)",
            "app notin (api)",
            "other notin (api)",
            "size>3",
            "size<5",
            "empty=",
            "empty in ()",
            "app=web, karpenter.sh/nodepool=blue",
            "in",
        ] {
            let labels = if yes == "in" {
                json!({ "in": "x" })
            } else {
                labels.clone()
            };
            assert!(matches(yes, &labels), "{yes}");
        }
        for no in [
            "app=api",
            "!app",
            "other",
            "size>4",
            "app>1",
            "app in (x)",
            "app notin (web)",
        ] {
            assert!(!matches(no, &labels), "{no}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in [
            "=", "a=b,", ",", "a in", "a in (", "a in (b", "a b", "!", "a=(", "a>x", "-a=b",
            "a=b=c", "a!",
        ] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
    }
}
