//! What else the log says of a customer.

use super::order_log::OrderLog;
use super::transactions::Transactions;

/// One value a customer, out of those in the rows of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attribute {
    /// The code of the value in the customer's earliest row that has one, the smallest if there are several; -1 without
    /// any.
    pub codes: Vec<i64>,
    /// Customers with more than one value.
    pub conflicts: usize,
}

/// The attributes of the customers of a grouped log, in the order of the log's attribute columns.
pub fn attributes(log: &OrderLog<'_>, transactions: &Transactions) -> Vec<Attribute> {
    let columns = log.attributes.iter();
    columns
        .map(|column| attribute(log, &transactions.customers, column.values))
        .collect()
}

fn attribute(log: &OrderLog<'_>, customers: &[i64], codes: &[i64]) -> Attribute {
    let mut earliest: Vec<Option<(i64, i64)>> = vec![None; log.customers];
    let mut differs = vec![false; log.customers];
    for row in (0..log.rows()).filter(|&row| codes[row] >= 0 && log.has_time(row)) {
        let Some(customer) = log.customer_of(row) else {
            continue;
        };
        let found = (log.time.values[row], codes[row]);
        let best = *earliest[customer].get_or_insert(found);
        differs[customer] |= best.1 != found.1;
        earliest[customer] = Some(best.min(found));
    }
    let kept = || customers.iter().map(|&customer| customer as usize);
    Attribute {
        codes: kept()
            .map(|customer| earliest[customer].map_or(-1, |(_, code)| code))
            .collect(),
        conflicts: kept().filter(|&customer| differs[customer]).count(),
    }
}
