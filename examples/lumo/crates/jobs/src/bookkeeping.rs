//! Enters purchases into the books once they are settled.

use sqlx::PgPool;

use crate::JobError;

const BOOK_SETTLED: &str = "
    INSERT INTO ledger_entries (order_id, merchant_id, name, address, items, amount_cents)
    SELECT id, merchant_id, name, address, items, amount_cents
    FROM orders
    WHERE booked_at IS NULL AND status IN ('shipped', 'delivered')
    ON CONFLICT (order_id) DO NOTHING";

const MARK_BOOKED: &str = "
    UPDATE orders SET booked_at = now()
    WHERE booked_at IS NULL AND id IN (SELECT order_id FROM ledger_entries)";

pub async fn run(pool: &PgPool) -> Result<u64, JobError> {
    let mut tx = pool.begin().await?;
    let booked = sqlx::query(BOOK_SETTLED).execute(&mut *tx).await?;
    sqlx::query(MARK_BOOKED).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(booked.rows_affected())
}
