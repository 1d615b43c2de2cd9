//! Mails about a single product: a gift on the anniversary of an account, and word
//! that something is back in stock.

use chrono::{Datelike, Utc};
use lumo_domain::Customer;
use lumo_domain::consent::wants_news;
use lumo_mail::{MailError, Mailgate, Message};
use lumo_store::customers;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::JobError;

#[derive(FromRow)]
struct RestockAlert {
    id: Uuid,
    customer_id: Uuid,
    product: String,
}

pub async fn run(pool: &PgPool, mail: &Mailgate) -> Result<u64, JobError> {
    Ok(send_anniversary_gifts(pool, mail).await? + send_restock_alerts(pool, mail).await?)
}

async fn send_anniversary_gifts(pool: &PgPool, mail: &Mailgate) -> Result<u64, JobError> {
    let today = Utc::now();
    let (month, day) = (today.month() as i32, today.day() as i32);
    let mut sent = 0;
    for customer in customers::with_anniversary(pool, month, day).await? {
        if !wants_news(&customer) {
            continue;
        }
        deliver(mail, &customer, "A year with Lumo", "Your next purchase ships for free.").await?;
        sent += 1;
    }
    Ok(sent)
}

/// Customers asked for these themselves, product by product.
async fn send_restock_alerts(pool: &PgPool, mail: &Mailgate) -> Result<u64, JobError> {
    let alerts = sqlx::query_as::<_, RestockAlert>(
        "SELECT id, customer_id, product FROM restock_alerts
         WHERE restocked_at IS NOT NULL AND notified_at IS NULL",
    )
    .fetch_all(pool)
    .await?;

    let mut sent = 0;
    for alert in alerts {
        let Some(customer) = customers::by_id(pool, alert.customer_id).await? else {
            continue;
        };
        let subject = format!("{} is back", alert.product);
        deliver(mail, &customer, &subject, "Be quick, and have a look at what is new.").await?;
        sqlx::query("UPDATE restock_alerts SET notified_at = now() WHERE id = $1").bind(alert.id).execute(pool).await?;
        sent += 1;
    }
    Ok(sent)
}

async fn deliver(mail: &Mailgate, customer: &Customer, subject: &str, text: &str) -> Result<(), MailError> {
    let message = Message::new(customer.email.as_str(), subject, text);
    mail.send(&message).await?;
    tracing::info!(customer_id = %customer.id, "offer sent");
    Ok(())
}
