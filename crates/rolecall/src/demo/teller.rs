//! How the story is told: numbered steps of prose, of commands, and of what they answer.

use std::io::{self, BufRead as _};

use rolecall_report::{Ink, Style, wrap};

use crate::{Failure, output};

const INDENT: &str = "   ";

/// Writes steps one after another to standard output.
pub(super) struct Teller {
    style: Style,
    waits: bool,
    steps: usize,
}

impl Teller {
    /// A teller that waits for Enter before every step where it is told to.
    pub(super) fn new(style: Style, waits: bool) -> Self {
        Self {
            style,
            waits,
            steps: 0,
        }
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// What it is all about.
    pub(super) fn title(&self, text: &str) -> Result<(), Failure> {
        self.line(&self.style.paint(Ink::Strong, text))
    }

    /// Begins a step.
    pub(super) fn step(&mut self, title: &str) -> Result<(), Failure> {
        if self.waits {
            self.wait()?;
        }
        self.steps += 1;
        let title = format!("{}  {title}", self.steps);
        self.line("")?;
        self.line(&self.style.paint(Ink::Strong, &title))
    }

    /// Prose, wrapped; an empty text leaves a line free.
    pub(super) fn say(&self, text: &str) -> Result<(), Failure> {
        self.line("")?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let room = self.style.columns().saturating_sub(INDENT.len());
        wrap(&words.join(" "), room)
            .iter()
            .try_for_each(|line| self.within(line))
    }

    /// A command that shows the same.
    pub(super) fn typed(&self, command: &str) -> Result<(), Failure> {
        self.line("")?;
        let command = self.style.paint(Ink::Code, command);
        self.within(&format!("$ {command}"))
    }

    /// What is answered, as it is.
    pub(super) fn shown(&self, text: &str) -> Result<(), Failure> {
        text.trim_end()
            .lines()
            .try_for_each(|line| self.within(line))
    }

    fn within(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("{INDENT}{text}"))
    }

    fn line(&self, text: &str) -> Result<(), Failure> {
        output::write(None, format!("{}\n", text.trim_end()).as_bytes())
    }

    fn wait(&self) -> Result<(), Failure> {
        let asked = self.style.paint(Ink::Faint, "   Enter goes on");
        output::beside(format!("\n{asked}").as_bytes());
        // Where nobody can answer, the story goes on.
        let _ = io::stdin().lock().read_line(&mut String::new());
        Ok(())
    }
}
