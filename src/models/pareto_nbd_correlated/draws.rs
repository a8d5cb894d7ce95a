//! Customers whose rates are correlated, drawn at random.

use super::rates::Rates;
use crate::models::lifetimes::Drawn;
use crate::models::purchasing::Nature;
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

impl Rates<f64> {
    /// A customer who is alive at `t`.
    ///
    /// Whether a purchase, and leaving, would come within the reference time is drawn first: given that, the rates are
    /// independent.
    pub(super) fn nature(&self, t: f64, stream: &mut Stream) -> Nature {
        let ln_idle = [self.ln_idle_buying(0.0, t), self.ln_idle_leaving(0.0, t)];
        let cells = CELLS.map(|cell| {
            let corner = cell.map(|idle| if idle { 0.0 } else { f64::NEG_INFINITY });
            let sides: [f64; 2] = std::array::from_fn(|j| {
                if cell[j] {
                    ln_idle[j]
                } else {
                    ln_idle[j].ln_1m_exp()
                }
            });
            self.dependence.ln_density(corner) + sides[0] + sides[1]
        });
        let largest = cells.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let weights = cells.map(|ln| (ln - largest).exp());
        let mut rest = stream.uniform() * weights.iter().sum::<f64>();
        let chosen = weights.iter().position(|weight| {
            rest -= weight;
            rest <= 0.0
        });
        let [idle, stays] = CELLS[chosen.unwrap_or(CELLS.len() - 1)];
        let ([shape, alpha], [s, beta], [tau, tau_dropout]) =
            (self.buying, self.leaving, self.reference);
        let rate = draw([shape, alpha + t], tau, idle, stream);
        let leaving = draw([s, beta + t], tau_dropout, stays, stream);
        let lifetime = stream.exponential() / leaving;
        Nature::staying(rate, Drawn { leaving, lifetime })
    }
}

/// Whether nothing happens within the reference time: a purchase, and leaving.
const CELLS: [[bool; 2]; 4] = [[true, true], [true, false], [false, true], [false, false]];

/// A gamma rate of a customer to whom nothing, or something, would happen within a time.
fn draw([shape, scale]: [f64; 2], time: f64, idle: bool, stream: &mut Stream) -> f64 {
    if idle {
        return stream.gamma(shape, scale + time);
    }
    // weights 1 - exp(-rate time) by rejection: from 1 where they are large, else from rate time
    let seldom = shape * time < scale;
    loop {
        let rate = stream.gamma(if seldom { shape + 1.0 } else { shape }, scale);
        let events = rate * time;
        let weight = -(-events).exp_m1() / if seldom { events } else { 1.0 };
        // a rate of 0, in numbers, has a weight of nothing over nothing
        if stream.uniform() < weight || !weight.is_finite() {
            return rate;
        }
    }
}
