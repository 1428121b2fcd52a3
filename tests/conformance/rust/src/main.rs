//! fe2o3-amqp as a plain AMQP 1.0 client. Prints one line of JSON for each case.
//!
//! EMULATOR is host:port, QUEUE the name of an empty queue.
use std::{env, error::Error, future::Future, time::{Duration, Instant}};

use fe2o3_amqp::{
    connection::ConnectionHandle,
    sasl_profile::SaslProfile,
    session::SessionHandle,
    transaction::{Controller, Transaction, TransactionDischarge, TransactionPosting},
    types::{messaging::{ApplicationProperties, Message, Modified, Properties}, primitives::Value},
    Connection, Receiver, Sender, Session,
};

type Done = Result<(), Box<dyn Error + Send + Sync>>;

async fn connected() -> Result<(ConnectionHandle<()>, SessionHandle<()>, String), Box<dyn Error + Send + Sync>> {
    let (address, queue) = (env::var("EMULATOR")?, env::var("QUEUE")?);
    // snippet: fe2o3
    let mut connection = Connection::builder()
        .container_id("me")
        .sasl_profile(SaslProfile::Plain {
            username: "RootManageSharedAccessKey".into(),
            password: "SAS_KEY_VALUE".into(),
        })
        .open(format!("amqp://{address}").as_str())
        .await?;
    let session = Session::begin(&mut connection).await?;
    // end of snippet
    Ok((connection, session, queue))
}

fn must(holds: bool, what: &str) -> Done {
    if holds { Ok(()) } else { Err(format!("not so: {what}").into()) }
}

async fn what_is_sent_comes_back() -> Done {
    let (mut connection, mut session, queue) = connected().await?;
    let mut sender = Sender::attach(&mut session, "out", queue.as_str()).await?;
    let message = Message::builder()
        .properties(Properties::builder().message_id(String::from("m")).subject("s").build())
        .application_properties(ApplicationProperties::builder().insert("long", 5i64).insert("text", "snö").build())
        .value(String::from("body"))
        .build();
    sender.send(message).await?.accepted_or("not accepted")?;
    let mut receiver = Receiver::attach(&mut session, "in", queue.as_str()).await?;
    let got = receiver.recv::<String>().await?;
    receiver.accept(&got).await?;
    must(got.body() == "body", "the body")?;
    let properties = got.message().application_properties.as_ref().ok_or("no properties")?;
    must(properties.get("long") == Some(&fe2o3_amqp::types::primitives::SimpleValue::Long(5)), "a long")?;
    receiver.close().await?;
    sender.close().await?;
    session.end().await?;
    connection.close().await?;
    Ok(())
}

async fn released_modified_and_rejected() -> Done {
    let (mut connection, mut session, queue) = connected().await?;
    let mut sender = Sender::attach(&mut session, "out", queue.as_str()).await?;
    sender.send(String::from("again")).await?.accepted_or("not accepted")?;
    let mut receiver = Receiver::attach(&mut session, "in", queue.as_str()).await?;
    let first = receiver.recv::<String>().await?;
    receiver.release(&first).await?;
    let second = receiver.recv::<String>().await?;
    must(second.message().header.as_ref().map_or(0, |header| header.delivery_count) == 0, "a release does not count")?;
    receiver.modify(&second, Modified { delivery_failed: Some(true), undeliverable_here: None, message_annotations: None }).await?;
    let third = receiver.recv::<String>().await?;
    must(third.message().header.as_ref().map_or(0, |header| header.delivery_count) == 1, "a failure counts")?;
    receiver.reject(&third, None).await?;
    let mut dead = Receiver::attach(&mut session, "dead", format!("{queue}/$DeadLetterQueue").as_str()).await?;
    let got = dead.recv::<String>().await?;
    dead.accept(&got).await?;
    must(got.body() == "again", "what is dead")?;
    connection.close().await?;
    Ok(())
}

async fn a_transaction_is_committed_and_rolled_back() -> Done {
    let (mut connection, mut session, queue) = connected().await?;
    let mut sender = Sender::attach(&mut session, "out", queue.as_str()).await?;
    let controller = Controller::attach(&mut session, "controller").await?;
    let lost = Transaction::declare(&controller, None).await?;
    lost.post(&mut sender, String::from("lost")).await?;
    lost.rollback().await?;
    let kept = Transaction::declare(&controller, None).await?;
    kept.post(&mut sender, String::from("kept")).await?;
    kept.commit().await?;
    let mut receiver = Receiver::attach(&mut session, "in", queue.as_str()).await?;
    let got = receiver.recv::<String>().await?;
    receiver.accept(&got).await?;
    must(got.body() == "kept", "what came")?;
    let more = tokio::time::timeout(Duration::from_millis(500), receiver.recv::<String>()).await;
    must(more.is_err(), "nothing else came")?;
    connection.close().await?;
    Ok(())
}

async fn many_messages_keep_their_order() -> Done {
    let (mut connection, mut session, queue) = connected().await?;
    let mut sender = Sender::attach(&mut session, "out", queue.as_str()).await?;
    for number in 0..300i32 {
        sender.send(number).await?.accepted_or("not accepted")?;
    }
    let mut receiver = Receiver::attach(&mut session, "in", queue.as_str()).await?;
    for number in 0..300i32 {
        let got = receiver.recv::<Value>().await?;
        receiver.accept(&got).await?;
        must(got.body() == &Value::Int(number), "the order")?;
    }
    connection.close().await?;
    Ok(())
}

async fn a_missing_entity_is_named() -> Done {
    let (mut connection, mut session, _) = connected().await?;
    let said = match Sender::attach(&mut session, "out", "no-such-entity").await {
        Ok(mut sender) => format!("{:?}", sender.send(String::from("x")).await.err()),
        Err(problem) => format!("{problem:?}"),
    };
    must(said.contains("NotFound") || said.contains("not-found"), &said)?;
    connection.close().await?;
    Ok(())
}

async fn case(name: &str, run: impl Future<Output = Done>) -> bool {
    let began = Instant::now();
    let error = match tokio::time::timeout(Duration::from_secs(60), run).await {
        Ok(Ok(())) => None,
        Ok(Err(problem)) => Some(format!("{problem:?}")),
        Err(_) => Some(String::from("took longer than 60 s")),
    };
    let text = serde_json::to_string(&error).unwrap_or_default();
    println!("{{\"name\":\"{name}\",\"error\":{text},\"tookSeconds\":{}}}", began.elapsed().as_secs_f64());
    error.is_none()
}

#[tokio::main]
async fn main() {
    let all = [
        case("what_is_sent_comes_back", what_is_sent_comes_back()).await,
        case("released_modified_and_rejected", released_modified_and_rejected()).await,
        case("a_transaction_is_committed_and_rolled_back", a_transaction_is_committed_and_rolled_back()).await,
        case("many_messages_keep_their_order", many_messages_keep_their_order()).await,
        case("a_missing_entity_is_named", a_missing_entity_is_named()).await,
    ];
    std::process::exit(i32::from(!all.iter().all(|passed| *passed)));
}
