//! Customers drawn at random: what one is like, and the life that follows.

use crate::models::lifetimes::Drawn;
use crate::numeric::random::Stream;

/// What a customer is like: how they buy, and when they leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nature {
    /// The rate of purchases while alive (of strokes, where it takes several to a purchase), or the probability of one
    /// at an opportunity.
    pub buying: f64,
    /// The rate or probability of leaving, or the factor in the risk of it; 0 for who never leaves.
    pub leaving: f64,
    rhythm: Rhythm,
    exit: Exit,
}

/// When purchases come.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rhythm {
    /// With the last of so many strokes of a Poisson clock: those to the first purchase, and from each to the next.
    Strokes { first: f64, each: f64 },
    /// Perhaps at each unit of time.
    Opportunities,
}

/// When customers leave.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Exit {
    /// At this time.
    At(f64),
    /// Perhaps after each purchase, `at_once` perhaps before the first of those to come.
    AfterPurchases { at_once: bool },
}

/// The life of a customer within a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lived {
    /// Number of purchases.
    pub x: u64,
    /// Time of the last; 0 without any.
    pub t_x: f64,
    /// The sum of the logarithms of the times between them, from the beginning on.
    pub ln_waits: f64,
    /// Whether the customer is still alive at the end.
    pub alive: bool,
}

impl Nature {
    /// Who buys as a Poisson process with a rate, and stays for a time.
    pub(crate) fn staying(rate: f64, Drawn { leaving, lifetime }: Drawn) -> Self {
        Self {
            buying: rate,
            leaving,
            rhythm: Rhythm::Strokes {
                first: 1.0,
                each: 1.0,
            },
            exit: Exit::At(lifetime),
        }
    }

    /// Who buys as a Poisson process with a rate, and leaves after each purchase with a probability.
    pub(crate) fn leaving_at_purchases(rate: f64, dropout: f64) -> Self {
        Self {
            buying: rate,
            leaving: dropout,
            rhythm: Rhythm::Strokes {
                first: 1.0,
                each: 1.0,
            },
            exit: Exit::AfterPurchases { at_once: false },
        }
    }

    /// The same who may leave at once, too.
    pub(crate) fn perhaps_leaving_at_once(self) -> Self {
        let exit = Exit::AfterPurchases { at_once: true };
        Self { exit, ..self }
    }

    /// The same who buys at every `each`-th stroke, beginning with the one numbered `first`.
    pub(crate) fn every(self, each: f64, first: f64) -> Self {
        let rhythm = Rhythm::Strokes { first, each };
        Self { rhythm, ..self }
    }

    /// Who buys at each opportunity with a probability, and has left at the start of the one numbered `left`.
    pub(crate) fn at_opportunities(buying: f64, leaving: f64, left: f64) -> Self {
        Self {
            buying,
            leaving,
            rhythm: Rhythm::Opportunities,
            exit: Exit::At(left),
        }
    }

    /// About how many purchases to expect within a time.
    pub fn expected(&self, t: f64) -> f64 {
        let pace = match self.rhythm {
            Rhythm::Strokes { each, .. } => self.buying / each,
            Rhythm::Opportunities => self.buying,
        };
        if !pace.is_finite() {
            return f64::INFINITY;
        }
        match self.exit {
            Exit::At(lifetime) => pace * t.min(lifetime),
            Exit::AfterPurchases { .. } if self.leaving == 0.0 => pace * t,
            // (1 - e^(-lambda p t)) / p for a Poisson process
            Exit::AfterPurchases { .. } => -(-pace * self.leaving * t).exp_m1() / self.leaving,
        }
    }

    /// The life of such a customer up to a time, purchase by purchase.
    pub fn live(&self, t: f64, stream: &mut Stream, mut on_purchase: impl FnMut(f64)) -> Lived {
        let mut lived = Lived {
            x: 0,
            t_x: 0.0,
            ln_waits: 0.0,
            alive: true,
        };
        let (end, dropout) = match self.exit {
            Exit::At(lifetime) => (lifetime, 0.0),
            Exit::AfterPurchases { at_once } => {
                if at_once && stream.uniform() < self.leaving {
                    lived.alive = false;
                    return lived;
                }
                (f64::INFINITY, self.leaving)
            }
        };
        loop {
            let next = lived.t_x + self.wait(lived.x == 0, stream);
            if !(next <= t && next < end) {
                lived.alive = end > t;
                return lived;
            }
            lived.ln_waits += (next - lived.t_x).ln();
            lived.x += 1;
            lived.t_x = next;
            on_purchase(next);
            if dropout > 0.0 && stream.uniform() < dropout {
                lived.alive = false;
                return lived;
            }
        }
    }

    /// The time to the next purchase.
    fn wait(&self, is_first: bool, stream: &mut Stream) -> f64 {
        let strokes = match self.rhythm {
            Rhythm::Opportunities => return stream.geometric(self.buying),
            Rhythm::Strokes { first, .. } if is_first => first,
            Rhythm::Strokes { each, .. } => each,
        };
        if strokes <= 1.0 {
            stream.exponential() / self.buying
        } else {
            stream.gamma(strokes, self.buying)
        }
    }
}
