//! What a fitted regression leaves unexplained, row by row, and the hazard of somebody average.

use super::design::Design;
use super::likelihood::{Risks, sweep};
use super::tables::Hazards;
use crate::numeric::parallel;

/// Residuals in the order of the data.
#[derive(Debug, Clone)]
pub struct Residuals {
    /// Events less the hazard that the row has lived through (Barlow and Prentice 1988, Biometrika 75).
    pub martingale: Vec<f64>,
    /// By row and covariate: the row's share in the score, without its weight (Lin and Wei 1989, Journal of the American
    /// Statistical Association 84).
    pub score: Vec<f64>,
    /// By row and covariate: of events, the covariate less its mean over those at risk (Schoenfeld 1982, Biometrika 69);
    /// NaN elsewhere.
    pub schoenfeld: Vec<f64>,
}

/// Means over risk sets, by event time.
struct Means {
    /// `(1/d) sum_f m`, with `m = (S1 - f D1) / (S0 - f D0)`.
    mean: Vec<f64>,
    /// `sum_f w m / (S0 - f D0)`, added up in order of time.
    sums: Vec<f64>,
    /// `sum_f f w m / (S0 - f D0)`.
    less: Vec<f64>,
}

/// All residuals at some coefficients of the covariates as they were given.
pub fn residuals(design: &Design, coefficients: &[f64]) -> Residuals {
    let scaled = coefficients.iter().zip(&design.scales);
    let risks = Risks::at(design, &scaled.map(|(b, s)| b * s).collect::<Vec<_>>());
    let (hazards, means) = over_times(design, &risks);
    let width = design.width;
    let rows = parallel::tabulate(design.rows(), |place| {
        of_row(design, &risks, &hazards, &means, place)
    });
    let mut found = Residuals {
        martingale: vec![0.0; design.rows()],
        score: vec![0.0; design.rows() * width],
        schoenfeld: vec![f64::NAN; design.rows() * width],
    };
    for (place, (martingale, score, schoenfeld)) in rows.into_iter().enumerate() {
        let row = design.order[place];
        found.martingale[row] = martingale;
        for j in 0..width {
            found.score[row * width + j] = score[j] * design.scales[j];
            if let Some(values) = &schoenfeld {
                found.schoenfeld[row * width + j] = values[j] * design.scales[j];
            }
        }
    }
    found
}

fn over_times(design: &Design, risks: &Risks) -> (Hazards, Means) {
    let width = design.width;
    let size = width * design.ties.len();
    let mut hazards = Hazards::new(design);
    let mut means = Means {
        mean: vec![0.0; size],
        sums: vec![0.0; size],
        less: vec![0.0; size],
    };
    sweep(design, risks, |number, tie, tied, s1, d1| {
        hazards.set(number, tied);
        let [q0, q1, q2] = tied.square;
        let (d, w) = (tie.events.len() as f64, tied.mean_weight);
        for j in 0..width {
            let cell = number * width + j;
            means.mean[cell] = (tied.hazard * s1[j] - tied.hazard_f * d1[j]) / (d * w);
            means.sums[cell] = q0 * s1[j] - q1 * d1[j];
            means.less[cell] = q1 * s1[j] - q2 * d1[j];
        }
    });
    hazards.accumulate(design);
    for stratum in &design.strata {
        let mut sum = vec![0.0; width];
        for number in stratum.ties.clone().rev() {
            for (j, total) in sum.iter_mut().enumerate() {
                *total += means.sums[number * width + j];
                means.sums[number * width + j] = *total;
            }
        }
    }
    (hazards, means)
}

/// Martingale, score and Schoenfeld residuals of the row in a place.
fn of_row(
    design: &Design,
    risks: &Risks,
    hazards: &Hazards,
    means: &Means,
    place: usize,
) -> (f64, Vec<f64>, Option<Vec<f64>>) {
    let width = design.width;
    let x = design.row(place);
    let hazard_ratio = risks.eta[place].exp();
    let lived = hazards.lived_through(design, place);
    let event = design.events[place] && design.weights[place] > 0.0;
    let (last, before) = design.reached[place];
    let at = |table: &[f64], number: u32, j: usize| {
        let cell = (number as usize).saturating_mul(width).saturating_add(j);
        table.get(cell).copied().unwrap_or(0.0)
    };
    let mut score = vec![0.0; width];
    let mut schoenfeld = event.then(|| vec![0.0; width]);
    for j in 0..width {
        let mut seen = at(&means.sums, last, j) - at(&means.sums, before, j);
        if let Some(values) = &mut schoenfeld {
            seen -= at(&means.less, last, j);
            values[j] = x[j] - at(&means.mean, last, j);
            score[j] = values[j];
        }
        score[j] -= hazard_ratio * (x[j] * lived - seen);
    }
    let event = f64::from(u8::from(design.events[place]));
    (event - hazard_ratio * lived, score, schoenfeld)
}

/// The hazard at the mean of all covariates, at each event time of a stratum.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The stratum's number.
    pub stratum: i64,
    /// Event times, ascending.
    pub times: Vec<f64>,
    /// How many have the event.
    pub events: Vec<f64>,
    /// The hazard at each time: `sum_f w / (S0 - f D0)`, ties as in the fit.
    pub hazard: Vec<f64>,
    /// Breslow's hazard, `d / S0`.
    pub breslow: Vec<f64>,
}

/// The baseline hazard of each stratum (Breslow 1972, in the discussion of Cox).
pub fn baseline(design: &Design, coefficients: &[f64]) -> Vec<Baseline> {
    let scaled = coefficients.iter().zip(&design.scales);
    let risks = Risks::at(design, &scaled.map(|(b, s)| b * s).collect::<Vec<_>>());
    let mut steps = vec![[0.0; 3]; design.ties.len()];
    sweep(design, &risks, |number, _, tied, _, _| {
        steps[number] = [tied.weight, tied.hazard, tied.weight / tied.s0];
    });
    let of_stratum = |stratum: &super::design::Stratum| {
        let column = |place: usize| -> Vec<f64> {
            let ascending = stratum.ties.clone().rev();
            ascending.map(|number| steps[number][place]).collect()
        };
        let ascending = stratum.ties.clone().rev();
        Baseline {
            stratum: stratum.code,
            times: ascending.map(|number| design.ties[number].time).collect(),
            events: column(0),
            hazard: column(1),
            breslow: column(2),
        }
    };
    design.strata.iter().map(of_stratum).collect()
}
