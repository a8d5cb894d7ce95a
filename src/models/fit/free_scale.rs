//! The free scales, from minus to plus infinity, that parameters are fitted on.

use crate::models::Model;
use crate::numeric::Dual2;
use crate::numeric::linalg::inverse;

/// Parameters on their free scales.
pub(in crate::models) fn freed<M: Model<K, J>, const K: usize, const J: usize>(
    theta: [f64; K],
) -> [f64; K] {
    std::array::from_fn(|j| M::PARAMETERS[j].dimension.freed(theta[j]))
}

/// The free scales' ends by [`Model::CEILINGS`].
pub(in crate::models) fn ceilings<M: Model<K, J>, const K: usize, const J: usize>() -> [f64; K] {
    freed::<M, K, J>(M::CEILINGS)
}

/// Parameters from their free scales.
pub(in crate::models) fn bound<M: Model<K, J>, const K: usize, const J: usize>(
    free: [f64; K],
) -> [f64; K] {
    std::array::from_fn(|j| M::PARAMETERS[j].dimension.bound(free[j]))
}

/// Derivatives of parameters with respect to their free scales.
fn slopes<M: Model<K, J>, const K: usize, const J: usize>(theta: [f64; K]) -> [[f64; 2]; K] {
    std::array::from_fn(|j| M::PARAMETERS[j].dimension.slopes(theta[j]))
}

/// A function of the parameters as a function of their free scales, per customer.
pub(super) fn on_free_scale<M: Model<K, J>, const K: usize, const J: usize>(
    f: &Dual2<K>,
    theta: [f64; K],
    customers: f64,
) -> Dual2<K> {
    let slopes = slopes::<M, K, J>(theta);
    Dual2 {
        value: f.value / customers,
        gradient: std::array::from_fn(|i| f.gradient[i] * slopes[i][0] / customers),
        hessian: std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let bend = f.hessian[i][j] * slopes[i][0] * slopes[j][0] / customers;
                if i == j {
                    bend + f.gradient[i] * slopes[i][1] / customers
                } else {
                    bend
                }
            })
        }),
    }
}

/// Inverse of the observed information in the parameters themselves, from the mean objective on their free scales. A
/// parameter that is held fixed has no variance.
pub(super) fn covariance<M: Model<K, J>, const K: usize, const J: usize>(
    objective: &Dual2<K>,
    theta: [f64; K],
    free: [bool; K],
    customers: f64,
) -> Vec<Vec<f64>> {
    let slopes = slopes::<M, K, J>(theta);
    let information: [[f64; K]; K] = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            if !(free[i] && free[j]) {
                return f64::from(u8::from(i == j));
            }
            let [slope, bend] = slopes[i];
            let turned = if i == j {
                objective.gradient[i] * bend / slope
            } else {
                0.0
            };
            (objective.hessian[i][j] - turned) * customers / (slope * slopes[j][0])
        })
    });
    let Some(mut covariance) = inverse(&information) else {
        return Vec::new();
    };
    for (i, row) in covariance.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            if !(free[i] && free[j]) {
                *cell = 0.0;
            }
        }
    }
    covariance.iter().map(|row| row.to_vec()).collect()
}
