//! What is told: results on standard output, and what goes on where it does not mix with them.

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_chain::Tool;
use rolecall_facts::Snapshot;
use rolecall_repair::{Done, Event, Outcome, Plan, Read, chain_lines};
use rolecall_report::{Ink, Style, visible};

use super::{RepairConfig, permissions};
use crate::args::RepairFormat;
use crate::{Failure, output};

/// The rule that tells where the cluster shows something else than the chain predicts.
const NOT_AS_PREDICTED: &str = "RC1101";

/// Where all is written.
pub(super) struct Screen {
    format: RepairFormat,
    style: Style,
    is_kept: bool,
    /// How the cluster and its journals are reached, as it was typed.
    reached: String,
}

impl Screen {
    pub(super) fn new(config: &RepairConfig) -> Self {
        Self {
            format: config.format,
            style: config.style,
            is_kept: config.is_kept,
            reached: config.reached.clone(),
        }
    }

    /// The plan, in the format asked for.
    pub(super) fn plan(&self, plan: &Plan) -> Result<(), Failure> {
        let text = match self.format {
            RepairFormat::Text => plan.to_text(self.style),
            RepairFormat::Json => plan.to_json(),
        };
        output::write(None, text.as_bytes())
    }

    /// The plan that was made of these facts. Where not all of them could be read, an empty one does not
    /// say that nothing is broken.
    pub(super) fn plan_of(&self, plan: &Plan, snapshot: &Snapshot) -> Result<(), Failure> {
        let is_nothing = plan.is_empty() && plan.left.is_empty();
        if self.format == RepairFormat::Json || !is_nothing || snapshot.unread.is_empty() {
            return self.plan(plan);
        }
        let words = format!("Nothing to mend in what could be read of {}", plan.place());
        self.say(&self.strong(&visible(&words)))
    }

    /// A line of what goes on: among the text, or beside the JSON.
    pub(super) fn say(&self, line: &str) -> Result<(), Failure> {
        let line = format!("{line}\n");
        match self.format {
            RepairFormat::Text => output::write(None, line.as_bytes()),
            RepairFormat::Json => {
                output::beside(line.as_bytes());
                Ok(())
            }
        }
    }

    pub(super) fn strong(&self, text: &str) -> String {
        self.style.paint(Ink::Strong, text)
    }

    pub(super) fn command(&self, text: &str) -> String {
        self.style.paint(Ink::Code, &visible(text))
    }

    /// What goes on. A standard output that is gone does not keep the repair from going on.
    pub(super) fn event(&self, event: &Event<'_>) {
        let style = self.style;
        let line = match event {
            Event::Step { number, of, action } => {
                let lead = style.paint(Ink::Strong, &format!("{number}/{of}"));
                format!("{lead} {}", visible(action))
            }
            Event::Call { .. } => return,
            Event::Became { action, outcome } => {
                let (mark, words) = self.became(outcome);
                format!("    {mark} {action} {words}")
            }
            Event::Wait(pause) => {
                let dots = style.glyph("…", "...");
                let words = format!(
                    "    {dots} {} s for {}: {}",
                    pause.how_long.as_secs(),
                    visible(&pause.what),
                    pause.why
                );
                style.paint(Ink::Faint, &words)
            }
        };
        let _ = self.say(&line);
    }

    fn became(&self, outcome: &Outcome) -> (String, &'static str) {
        let style = self.style;
        let good = style.paint(Ink::Good, style.glyph("✓", "ok"));
        match outcome {
            Outcome::Made => (good, "made"),
            Outcome::FoundMade => (good, "had been made before the run was broken off"),
            Outcome::NothingToDo => (good, "not needed: it is so already"),
            Outcome::Failed { .. } => (style.paint(Ink::Bad, style.glyph("✗", "X")), "failed"),
        }
    }

    /// What was made of a plan, and what not.
    pub(super) fn progress(&self, read: &Read) -> Result<(), Failure> {
        let style = self.style;
        for (state, call) in read.calls.iter().zip(read.plan.calls()) {
            let line = match &state.outcome {
                Some(outcome) => {
                    let (mark, words) = self.became(outcome);
                    format!("  {mark} {} {words}", call.action)
                }
                None if state.intent.is_some() => {
                    let mark = style.paint(Ink::Unsure, "?");
                    format!("  {mark} {} was under way", call.action)
                }
                None => {
                    let mark = style.paint(Ink::Faint, style.glyph("·", "."));
                    format!("  {mark} {} not made", call.action)
                }
            };
            self.say(&line)?;
        }
        Ok(())
    }

    /// How it came out.
    pub(super) fn done(&self, plan: &Plan, done: &Done, journal: &Path) -> Result<(), Failure> {
        let style = self.style;
        let seen = &done.seen;
        self.say("")?;
        match seen.is_all() {
            true => {
                let mark = style.paint(Ink::Good, style.glyph("✓", "ok"));
                let words = match &plan.undoes {
                    Some(undoes) => format!("Plan {} is taken back.", undoes.plan),
                    None => "What the plan was for is mended.".to_owned(),
                };
                self.say(&format!("{mark} {words}"))?;
            }
            false => {
                let mark = style.paint(Ink::Unsure, "?");
                if !seen.still_found.is_empty() || !seen.not_shown.is_empty() {
                    self.say(&format!(
                        "{mark} All calls were made; this does not show yet:"
                    ))?;
                }
                for known in &seen.still_found {
                    let line = format!("    {} {} {}", known.rule, known.name, known.subject);
                    self.say(&visible(&line))?;
                }
                for action in &seen.not_shown {
                    self.say(&format!("    {action}"))?;
                }
                if !seen.not_known.is_empty() {
                    self.say(&format!(
                        "{mark} All calls were made; whether this is mended cannot be told, as not \
                         everything could be read:"
                    ))?;
                }
                for known in &seen.not_known {
                    let line = format!("    {} {} {}", known.rule, known.name, known.subject);
                    self.say(&visible(&line))?;
                }
                for line in permissions::unread(&done.snapshot) {
                    self.say(&format!("    {line}"))?;
                }
                let command = self.command(&format!("rolecall diagnose {}", plan.cluster));
                self.say(&format!("  Look again in a minute: {command}"))?;
            }
        }
        let pools: Vec<String> = plan.pools.iter().map(|pool| pool.pool.clone()).collect();
        let chains = chain_lines(&done.traced, &pools, style);
        if !chains.is_empty() {
            self.say("")?;
            self.say(&self.strong("The chains now"))?;
            self.say(chains.trim_end())?;
        }
        if !self.is_kept {
            return Ok(());
        }
        self.looked_at_again(done, &pools)?;
        self.say("")?;
        self.say(&format!(
            "The journal is {}",
            visible(&journal.display().to_string())
        ))?;
        if plan.undoes.is_none() {
            let typed = format!("rolecall repair {} --undo{}", plan.cluster, self.reached);
            let command = self.command(&typed);
            self.say(&format!("To take it back: {command}"))?;
        }
        Ok(())
    }

    /// What the cluster does not show yet, and how to have its controllers look now.
    fn looked_at_again(&self, done: &Done, pools: &[String]) -> Result<(), Failure> {
        let stale = done.traced.findings.iter().filter(|finding| {
            let mut of = finding.pools.iter().map(ToString::to_string);
            finding.rule.code == NOT_AS_PREDICTED && of.any(|pool| pools.contains(&pool))
        });
        let commands: BTreeSet<&str> = stale
            .flat_map(|finding| &finding.repairs)
            .flat_map(|repair| &repair.commands)
            .filter(|command| command.tool == Tool::Kubectl)
            .map(|command| command.text.as_str())
            .collect();
        if commands.is_empty() {
            return Ok(());
        }
        self.say("")?;
        self.say("The cluster shows it when its controllers look again, within minutes. To have them look now:")?;
        commands
            .iter()
            .try_for_each(|command| self.say(&format!("    {}", self.command(command))))
    }
}
