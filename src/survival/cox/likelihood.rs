//! The partial log-likelihood with its exact gradient and information, in one sweep over the event times and one over the
//! rows.

use super::design::{Design, Stratum, Tie, Ties};
use super::tables::Hazards;
use crate::numeric::dense::{Square, dot};
use crate::numeric::parallel;

/// Rows that are worked through in one piece.
const SPAN: usize = 1 << 13;

/// The log partial likelihood at some coefficients.
#[derive(Debug)]
pub(super) struct Likelihood {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    /// Minus the second derivatives.
    pub(super) information: Square,
}

/// Linear predictors `eta`, and `w e^eta`, row by row.
#[derive(Debug)]
pub(super) struct Risks {
    pub(super) eta: Vec<f64>,
    pub(super) risk: Vec<f64>,
}

impl Risks {
    pub(super) fn at(design: &Design, beta: &[f64]) -> Self {
        let eta = parallel::tabulate(design.rows(), |place| dot(design.row(place), beta));
        let risk = parallel::tabulate(design.rows(), |place| {
            design.weights[place] * eta[place].exp()
        });
        Self { eta, risk }
    }
}

/// Sums over those at risk, kept up while time runs backwards.
struct RiskSet<'a> {
    design: &'a Design,
    risks: &'a Risks,
    stratum: &'a Stratum,
    /// Rows of the stratum before this place are in.
    added: usize,
    /// So many of those in `by_entry` have been taken out.
    removed: usize,
    s0: f64,
    s1: Vec<f64>,
}

impl<'a> RiskSet<'a> {
    fn new(design: &'a Design, risks: &'a Risks, stratum: &'a Stratum) -> Self {
        Self {
            design,
            risks,
            stratum,
            added: stratum.rows.start,
            removed: stratum.rows.start,
            s0: 0.0,
            s1: vec![0.0; design.width],
        }
    }

    /// Goes back to an event time: who ends then or later comes in, who enters then or later goes out.
    fn go_to(&mut self, tie: &Tie) {
        while self.added < tie.end {
            self.include(self.added, 1.0);
            self.added += 1;
        }
        if self.design.by_entry.is_empty() {
            return;
        }
        while self.removed < self.stratum.rows.end {
            let place = self.design.by_entry[self.removed];
            if self.design.entry(place) < tie.time {
                break;
            }
            self.include(place, -1.0);
            self.removed += 1;
        }
    }

    fn include(&mut self, place: usize, sign: f64) {
        let risk = sign * self.risks.risk[place];
        self.s0 += risk;
        for (sum, x) in self.s1.iter_mut().zip(self.design.row(place)) {
            *sum += risk * x;
        }
    }
}

/// What the events of one time add up to.
pub(super) struct Tied {
    /// Weights of the events, and their mean.
    pub(super) weight: f64,
    pub(super) mean_weight: f64,
    /// Sum of `w e^eta` over all at risk.
    pub(super) s0: f64,
    /// Sums over `f` of `w / (S0 - f D0)`, and of `f` times that.
    pub(super) hazard: f64,
    pub(super) hazard_f: f64,
    /// Sums over `f` of `w / (S0 - f D0)^2`, of `f` and of `f^2` times that.
    pub(super) square: [f64; 3],
    /// Sum over `f` of `w ln (S0 - f D0)`.
    pub(super) log: f64,
}

impl Tied {
    fn new(design: &Design, risks: &Risks, tie: &Tie, s0: f64) -> Self {
        let number = tie.events.len();
        let weight: f64 = design.weights[tie.events.clone()].iter().sum();
        let d0: f64 = risks.risk[tie.events.clone()].iter().sum();
        let mut tied = Self {
            weight,
            mean_weight: weight / number as f64,
            s0,
            hazard: 0.0,
            hazard_f: 0.0,
            square: [0.0; 3],
            log: 0.0,
        };
        for l in 0..number {
            let f = match design.ties_by {
                Ties::Efron => l as f64 / number as f64,
                Ties::Breslow => 0.0,
            };
            let left = s0 - f * d0;
            let step = tied.mean_weight / left;
            tied.hazard += step;
            tied.hazard_f += f * step;
            let square = step / left;
            tied.square[0] += square;
            tied.square[1] += f * square;
            tied.square[2] += f * f * square;
            tied.log += tied.mean_weight * left.ln();
        }
        tied
    }
}

/// Calls `f` with each event time, the sums over its events and the vectors `S1` and `D1`, from the last time back.
pub(super) fn sweep(
    design: &Design,
    risks: &Risks,
    mut f: impl FnMut(usize, &Tie, &Tied, &[f64], &[f64]),
) {
    let mut d1 = vec![0.0; design.width];
    for stratum in &design.strata {
        let mut set = RiskSet::new(design, risks, stratum);
        for number in stratum.ties.clone() {
            let tie = &design.ties[number];
            set.go_to(tie);
            d1.fill(0.0);
            for place in tie.events.clone() {
                for (sum, x) in d1.iter_mut().zip(design.row(place)) {
                    *sum += risks.risk[place] * x;
                }
            }
            let tied = Tied::new(design, risks, tie, set.s0);
            f(number, tie, &tied, &set.s1, &d1);
        }
    }
}

impl Likelihood {
    /// The log-likelihood at coefficients of the standardised covariates.
    ///
    /// With the hazard `c_i` that a row lives through, the gradient is `sum w_i x_i (event_i - e^{eta_i} c_i)` and the
    /// information `sum w_i e^{eta_i} c_i x_i x_i' - sum_t sum_f w m m'`, where `m = (S1 - f D1) / (S0 - f D0)`: so the
    /// second-order sums over risk sets need not be kept up from time to time.
    pub(super) fn at(design: &Design, beta: &[f64]) -> Self {
        let risks = Risks::at(design, beta);
        let mut value = 0.0;
        let mut means = Square::zeros(design.width);
        let mut mixed = vec![0.0; design.width];
        let mut hazards = Hazards::new(design);
        sweep(design, &risks, |number, tie, tied, s1, d1| {
            let of_events = tie.events.clone();
            value += of_events
                .map(|place| design.weights[place] * risks.eta[place])
                .sum::<f64>()
                - tied.log;
            hazards.set(number, tied);
            let [q0, q1, q2] = tied.square;
            // q0 S1 S1' - q1 (S1 D1' + D1 S1') + q2 D1 D1', as two squares
            let share = q1 / q0;
            for ((sum, s), d) in mixed.iter_mut().zip(s1).zip(d1) {
                *sum = s - share * d;
            }
            means.add_outer(q0, &mixed);
            let rest = q2 - q1 * share;
            if rest > 0.0 {
                means.add_outer(rest, d1);
            }
        });
        hazards.accumulate(design);
        let (gradient, mut information) = over_rows(design, &risks, &hazards);
        for (cell, less) in information.cells_mut().iter_mut().zip(means.cells()) {
            *cell -= less;
        }
        information.mirror();
        Self {
            value,
            gradient,
            information,
        }
    }
}

/// `sum w_i x_i (event_i - e^{eta_i} c_i)` and the lower triangle of `sum w_i e^{eta_i} c_i x_i x_i'`.
fn over_rows(design: &Design, risks: &Risks, hazards: &Hazards) -> (Vec<f64>, Square) {
    let parts = parallel::map_spans(design.rows(), SPAN, |span| {
        let mut gradient = vec![0.0; design.width];
        let mut gram = Square::zeros(design.width);
        for place in span {
            let x = design.row(place);
            let expected = risks.risk[place] * hazards.lived_through(design, place);
            let seen = if design.events[place] {
                design.weights[place]
            } else {
                0.0
            };
            for (slope, value) in gradient.iter_mut().zip(x) {
                *slope += (seen - expected) * value;
            }
            gram.add_outer(expected, x);
        }
        (gradient, gram)
    });
    let mut gradient = vec![0.0; design.width];
    let mut gram = Square::zeros(design.width);
    for (slopes, square) in parts {
        for (sum, slope) in gradient.iter_mut().zip(slopes) {
            *sum += slope;
        }
        gram.add(&square);
    }
    (gradient, gram)
}
