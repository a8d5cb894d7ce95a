//! The Weibull/NBD model: a law of the lifetime for customers who buy while alive.

use super::covariates::faster;
use super::never_leaving::MayStay;
use super::purchasing::lifetime::{Drawn, FORGOTTEN, Lifetime, Span};
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::panels::walk_evenly;
use crate::numeric::random::Stream;

/// Gamma-Weibull / negative binomial model of repeat buying (Weibull/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; by the age `t` the hazard of
/// leaving has summed up to `eta (t/beta)^c` with `eta ~ Gamma(s, 1)`. With `c = 1` it is the Pareto/NBD model with the
/// same `s` and `beta`; below 1 customers are at the highest risk when they are new, above 1 when they are old.
///
/// The lifetime is Burr's law XII, which Hardie, Fader and Wisniewski (1998), An empirical comparison of new product
/// trial forecasting models, Journal of Forecasting 17, use for times to a first purchase.
#[derive(Debug, Clone, Copy)]
pub struct WeibullNbd;

impl MayStay for WeibullNbd {
    const NAME_WITH_STAYERS: &'static str = "WeibullNBD+never_leaving";
}

impl LifetimeModel<5> for WeibullNbd {
    const NAME: &'static str = "WeibullNBD";
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        Parameter {
            name: "s",
            dimension: Dimension::None,
            meaning: "shape of the hazards of leaving: small means customers differ widely",
        },
        Parameter {
            name: "beta",
            dimension: Dimension::Time,
            meaning: "scale of the lifetimes",
        },
        Parameter {
            name: "c",
            dimension: Dimension::None,
            meaning: "how the hazard of leaving changes with age: below 1 it falls, above 1 it rises, 1 is the Pareto/NBD model",
        },
    ];

    type Law<S: Scalar> = Burr<S>;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>([_, _, s, beta, c]: [S; 5]) -> Burr<S> {
        Burr {
            s,
            ln_beta: beta.ln(),
            c,
            ln_shapes: (s * c).ln(),
            age: 0.0,
            risen: S::from(0.0),
        }
    }

    fn shared<S: Scalar>(_: [S; 5], _: f64) {}

    /// The rates of buying by the moments of the counts; lifetimes about as long as the observation.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate, 0.7, 0.5 * t, 1.0], [1.0, t, 0.3, t, 0.7]]
    }

    fn boundary([_, _, s, beta, c]: [f64; 5]) -> String {
        let what = if c > 0.999 * ONE_AGE {
            "all customers who leave begin to do so at one age (c grows without bound with s c held): the data do not tell c and s apart"
        } else if s > 1e3 {
            "all customers seem to leave alike (s -> infinity): s and beta are known only through s / beta^c"
        } else if c < 1e-2 {
            "customers seem to leave at once or never (c -> 0)"
        } else if s * (c * -beta.ln()).exp() < 1e-9 {
            "customers do not seem to leave: the data do not tell this model from the NBD without dropout"
        } else {
            "the likelihood is flat in a direction: the data do not identify all five parameters"
        };
        what.into()
    }

    const CEILINGS: [f64; 5] = [
        f64::INFINITY,
        f64::INFINITY,
        f64::INFINITY,
        f64::INFINITY,
        ONE_AGE,
    ];

    const PROCESSES: usize = 2;

    /// The rate of buying and the hazard of leaving may be higher: `alpha exp(-z'g)` and `beta exp(-z'h / c)`.
    fn moved<S: Scalar>([r, alpha, s, beta, c]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        [r, faster(alpha, buying), s, faster(beta, leaving / c), c]
    }
}

/// A fit ends at this `c`: those who leave by `beta` do so within about a thousandth of it.
const ONE_AGE: f64 = 1e3;

/// A Weibull lifetime with cumulative hazard `eta (t/beta)^c`, `eta ~ Gamma(s, 1)`, from an age on.
#[derive(Debug, Clone, Copy)]
pub struct Burr<S> {
    s: S,
    ln_beta: S,
    c: S,
    /// `ln(s c)`
    ln_shapes: S,
    age: f64,
    /// `(age/beta)^c / (1 + (age/beta)^c)`
    risen: S,
}

/// `exp(TINY)` is nothing beside 1.
const TINY: f64 = -37.0;

impl<S: Scalar> Burr<S> {
    /// `y = c ln(u/beta)`, of an age `u > 0`.
    fn ln_hazard(&self, u: f64) -> S {
        self.c * (-self.ln_beta + u.ln())
    }

    /// `ln(1 + (u/beta)^c)`.
    fn ln_growth(&self, u: f64) -> S {
        if u > 0.0 {
            growth(self.ln_hazard(u))
        } else {
            S::from(0.0)
        }
    }

    /// Logarithm of the density at a time from the age on, times the age then.
    fn ln_density_by_age(&self, t: f64) -> S {
        let y = self.ln_hazard(self.age + t);
        if self.age > 0.0 {
            return self.ln_shapes + y - growth(y) + self.ln_survival(t);
        }
        // y - (s + 1) ln(1 + exp(y))
        let (s, grown) = (self.s.value(), growth(y.value()));
        let risen = 1.0 / (1.0 + (-y.value()).exp());
        let bend = risen * (1.0 - risen);
        self.ln_shapes
            + y.chain2(
                self.s,
                y.value() - (s + 1.0) * grown,
                || [1.0 - (s + 1.0) * risen, -grown],
                || [-(s + 1.0) * bend, -risen, 0.0],
            )
    }

    /// `ln F(t)`, of a new customer and a very short time.
    fn ln_left_by(&self, t: f64) -> S {
        let hazard = self.ln_hazard(t);
        if hazard.value() < TINY {
            self.s.ln() + hazard
        } else {
            self.ln_survival(t).ln_1m_exp()
        }
    }

    /// Walks over the times in `(from, to]` for the integral of the density times `g`, which falls no faster than
    /// `(1 + t/scale)^-n`; `visit` as in [`Lifetime::leaving`].
    ///
    /// In `y` the density is `s e^y / (1 + e^y)^(s+1)`, with the same singularities for every `c`, and `g` moves ever
    /// more slowly as `c` grows; below 1 it is `ln u` that `g` and density are smooth in.
    fn walk(&self, span: &Span<impl Fn(f64) -> f64>, mut visit: impl FnMut(f64, S, f64) -> f64) {
        let from = self.first_moment(span);
        if from > span.from && self.age + span.from <= 0.0 {
            visit(from, self.ln_left_by(from), 1.0);
        }
        let (s, c, ln_beta) = (self.s.value(), self.c.value(), self.ln_beta.value());
        let (k, start) = (c.max(1.0), self.age + from);
        let ln_hazard = |z: f64| c * (start.ln() - ln_beta) + c / k * z;
        let time = |z: f64| (from + start * (z / k).exp_m1()).min(span.to);
        walk_evenly(
            k * ((span.to - from) / start).ln_1p(),
            // far from y = 0 the singularities of the density are as far away
            |z| {
                let y = ln_hazard(z);
                (0.25 * y.abs()).min(k).max(1.0)
            },
            |z| {
                let t = time(z);
                let risen = 1.0 / (1.0 + (-ln_hazard(z)).exp());
                (c * (1.0 - (s + 1.0) * risen).abs() + (self.age + t) * (span.slope)(t)) / k
            },
            |z, width| {
                let t = time(z);
                let u = self.age + t;
                let ln_density = self.ln_density_by_age(t) - u.ln();
                visit(t, ln_density, width * u / k) + (u / k).ln()
            },
        );
    }

    /// The time before which next to nothing of the integral lies: of new customers all leave then who leave before, as
    /// far as anybody can tell.
    ///
    /// The logarithm of density times age times `(1 + t/scale)^-n` is concave in `ln u`: right of its peak the integral
    /// ends by itself, and left of it bisections find where it has fallen.
    fn first_moment(&self, span: &Span<impl Fn(f64) -> f64>) -> f64 {
        let (s, c, ln_beta) = (self.s.value(), self.c.value(), self.ln_beta.value());
        let (first, end) = (self.age + span.from, (self.age + span.to).ln());
        if first > 0.0 && c * (end - first.ln()) < -NEGLIGIBLE {
            return span.from;
        }
        let n = (span.slope)(0.0) * span.scale;
        let since = |l: f64| (l.exp() - self.age).max(0.0);
        let height = |l: f64| {
            let y = c * (l - ln_beta);
            y - (s + 1.0) * growth(y) - n * (since(l) / span.scale).ln_1p()
        };
        let rises = |l: f64| {
            let risen = 1.0 / (1.0 + (c * (ln_beta - l)).exp());
            c * (1.0 - (s + 1.0) * risen) > n * l.exp() / (span.scale + since(l))
        };
        let lowest = if first > 0.0 {
            first.ln()
        } else {
            end - 1e4 / c.min(1.0)
        };
        let peak = edge(lowest, end, 0.1 / c, rises);
        // of new customers it matters how much g changes as well as how many leave
        let rate = (n / span.scale).max((-peak).exp()).ln();
        let left = |l: f64| {
            let change = if first > 0.0 {
                0.0
            } else {
                (rate + l).min(0.0)
            };
            height(l) + change < height(peak) + NEGLIGIBLE
        };
        since(edge(lowest, peak, 0.1 / c, left)).max(span.from)
    }
}

/// What is left out of an integral, as the logarithm of its share.
const NEGLIGIBLE: f64 = -45.0;

/// Where a condition that holds on the left ends, to some precision: a place at which it still holds, if it does anywhere.
fn edge(mut low: f64, mut high: f64, precision: f64, holds: impl Fn(f64) -> bool) -> f64 {
    if holds(high) {
        return high;
    }
    while high - low > precision {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// `ln(1 + exp(ln_hazard))`.
fn growth<S: Scalar>(ln_hazard: S) -> S {
    if ln_hazard.value() > 0.0 {
        ln_hazard + (-ln_hazard).exp().ln_1p()
    } else {
        ln_hazard.exp().ln_1p()
    }
}

impl<S: Scalar> Lifetime<S> for Burr<S> {
    /// `S(t) = ((1 + (age/beta)^c) / (1 + ((age+t)/beta)^c))^s`.
    fn ln_survival(&self, t: f64) -> S {
        if self.age > 0.0 {
            let longer = self.c * (t / self.age).ln_1p();
            if longer.value() < 1.0 {
                // the difference of what has hardly grown, to its last digits
                return -(self.s * (self.risen * longer.exp_m1()).ln_1p());
            }
        }
        self.s * (self.ln_growth(self.age) - self.ln_growth(self.age + t))
    }

    fn alive_at(&self, age: f64) -> Self {
        let age = self.age + age;
        let risen = if age > 0.0 {
            (-growth(-self.ln_hazard(age))).exp()
        } else {
            S::from(0.0)
        };
        Self {
            age,
            risen,
            ..*self
        }
    }

    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, visit: impl FnMut(f64, S, f64) -> f64) {
        self.walk(&span, visit);
    }

    /// `int_0^t exp(-rate u) S(u) du = D(t) S(t) + int_0^t f(u) D(u) du` with `D(u) = (1 - exp(-rate u)) / rate`.
    fn discounted_time(&self, t: f64, rate: f64) -> S {
        let end = if rate > 0.0 {
            t.min(FORGOTTEN / rate)
        } else {
            t
        };
        if end <= 0.0 {
            return S::from(0.0);
        }
        let time = |u: f64| {
            if rate > 0.0 {
                -(-rate * u).exp_m1() / rate
            } else {
                u
            }
        };
        let span = Span {
            from: 0.0,
            to: end,
            scale: end,
            slope: |u: f64| {
                if u > 0.0 {
                    rate + 1.0 / (self.age + u)
                } else {
                    0.0
                }
            },
        };
        let mut total = self.ln_survival(end).exp() * time(end);
        self.walk(&span, |u, ln_density, width| {
            let time = time(u);
            total += ln_density.exp() * (width * time);
            ln_density.value() + time.ln()
        });
        total
    }

    /// `eta ((age+t)^c - age^c) / beta^c`, the hazard from the age on, is exponential with mean 1; of those who are
    /// alive at the age, `eta` has the rate `1 + (age/beta)^c`.
    fn draw(&self, stream: &mut Stream) -> Drawn {
        let (c, beta) = (self.c.value(), self.ln_beta.value().exp());
        let hazard = if self.age > 0.0 {
            self.ln_hazard(self.age).value().exp()
        } else {
            0.0
        };
        let shape = stream.gamma(self.s.value(), 1.0);
        let eta = shape / (1.0 + hazard);
        let exponential = stream.exponential();
        let lifetime = if hazard > 0.0 {
            // a hazard may be beyond numbers, and eta then 0: their product is not
            let more = exponential / (shape * self.risen.value());
            self.age * (more.ln_1p() / c).exp_m1()
        } else {
            beta * (exponential / eta).powf(1.0 / c)
        };
        // the hazard at the age beta is c times this rate
        let leaving = eta / beta;
        Drawn { leaving, lifetime }
    }
}
