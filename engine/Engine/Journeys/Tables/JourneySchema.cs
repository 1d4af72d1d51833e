using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Creates and migrates the tables. Times are milliseconds since 1970 UTC, money is in <see cref="Money"/> units, keys are the 16 bytes of
/// a <see cref="Hash128"/>. Customers' addresses are stored in <c>contact</c> only, encrypted; <c>suppression</c> and <c>reached</c> hold
/// keys of them.
/// </summary>
static class JourneySchema
{
    const int Version = 13;

    /// <summary>Creates the tables that do not exist, and migrates older versions.</summary>
    /// <exception cref="IOException">The file was written by a later version, or cannot be used.</exception>
    public static void Ensure(Database database)
    {
        var version = database.Prepare("PRAGMA user_version").Number() ?? 0;
        if (version > Version)
        {
            throw new IOException($"{database.Path} has schema version {version}; this engine reads up to {Version}. Use the engine that wrote it.");
        }

        if (version == 1)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion1} PRAGMA user_version=2; COMMIT");
            version = 2;
        }

        if (version == 2)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion2} PRAGMA user_version=3; COMMIT");
            version = 3;
        }

        if (version == 3)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion3} PRAGMA user_version=4; COMMIT");
            version = 4;
        }

        if (version == 4)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion4} PRAGMA user_version=5; COMMIT");
            version = 5;
        }

        // Version 6 added the table of pauses. A version that does not know it would resume what is paused.
        if (version is 5 or 6)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion5} PRAGMA user_version=7; COMMIT");
            version = 7;
        }

        if (version == 7)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion7} PRAGMA user_version=8; COMMIT");
            version = 8;
        }

        if (version == 8)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion8} PRAGMA user_version=9; COMMIT");
            version = 9;
        }

        if (version == 9)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion9} PRAGMA user_version=11; COMMIT");
            version = 11;
        }

        if (version is 10 or 11)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion11} PRAGMA user_version=12; COMMIT");
            version = 12;
        }

        if (version == 12)
        {
            database.Execute($"BEGIN IMMEDIATE; {OfVersion12} PRAGMA user_version={Version}; COMMIT");
        }

        database.Execute(s_tables);
        database.Execute($"PRAGMA user_version={Version}");
    }

    // Migrates version 1: recreates changed indexes, and moves decisions and payloads to the content table.
    const string OfVersion1 = """
        DROP INDEX IF EXISTS purchase_time;
        DROP INDEX IF EXISTS journey_cart;
        DROP INDEX IF EXISTS intervention_subject;
        DROP INDEX IF EXISTS intervention_due;
        DROP INDEX IF EXISTS intervention_reached;
        CREATE TABLE IF NOT EXISTS content(id INTEGER PRIMARY KEY, json BLOB NOT NULL);
        INSERT INTO content(id, json) SELECT id*256, candidate FROM journey WHERE candidate IS NOT NULL;
        INSERT OR IGNORE INTO content(id, json) SELECT journey*256+step, payload FROM intervention WHERE payload IS NOT NULL;
        ALTER TABLE intervention ADD COLUMN message TEXT;
        UPDATE intervention SET message=json_extract(CAST(payload AS TEXT), '$.message') WHERE payload IS NOT NULL;
        ALTER TABLE journey DROP COLUMN candidate;
        ALTER TABLE intervention DROP COLUMN payload;
        ALTER TABLE conversion RENAME TO conversion1;
        DROP INDEX conversion_journey;
        DROP INDEX conversion_subject;
        DROP INDEX conversion_time;
        CREATE TABLE conversion(
            id BLOB NOT NULL, store TEXT NOT NULL, cart BLOB NOT NULL, cart_id TEXT NOT NULL, subject BLOB NOT NULL, at INTEGER NOT NULL,
            value INTEGER NOT NULL, currency TEXT NOT NULL, verified INTEGER NOT NULL, journey INTEGER NOT NULL, intervention TEXT, touch TEXT);
        INSERT INTO conversion SELECT id, store, cart, cart_id, subject, at, value, currency, verified, journey, intervention, touch FROM conversion1 ORDER BY at;
        DROP TABLE conversion1;
        """;

    // Migrates version 2: customers' attributes.
    const string OfVersion2 = "ALTER TABLE contact ADD COLUMN attributes TEXT;";

    // Migrates version 3: adds standings. Until then all journeys counted as the server's.
    const string OfVersion3 = """
        ALTER TABLE contact ADD COLUMN email_standing INTEGER;
        ALTER TABLE contact ADD COLUMN phone_standing INTEGER;
        ALTER TABLE contact ADD COLUMN push_standing INTEGER;
        ALTER TABLE contact ADD COLUMN network INTEGER;
        ALTER TABLE journey ADD COLUMN standing INTEGER NOT NULL DEFAULT 2;
        ALTER TABLE journey ADD COLUMN user_standing INTEGER NOT NULL DEFAULT 2;
        """;

    // Migrates version 4: which carts are a bot's.
    const string OfVersion4 = "ALTER TABLE journey ADD COLUMN bot INTEGER NOT NULL DEFAULT 0;";

    // Migrates versions 5 and 6: which order a row is of, and variants of products. Orders had no ids: those of a cart at a time were one.
    const string OfVersion5 = """
        ALTER TABLE conversion ADD COLUMN order_id TEXT;
        ALTER TABLE conversion ADD COLUMN product INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE IF NOT EXISTS cart_product(
            cart BLOB NOT NULL, product INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(cart, product)) WITHOUT ROWID;
        ALTER TABLE product ADD COLUMN variant TEXT;
        ALTER TABLE product ADD COLUMN base INTEGER;
        ALTER TABLE cart_product ADD COLUMN id TEXT;
        ALTER TABLE cart_product ADD COLUMN variant TEXT;
        UPDATE conversion SET order_id=CASE verified WHEN 1 THEN 'c:' ELSE 'd:' END || lower(hex(cart)) || ':' || at WHERE value>0;
        """;

    // Migrates version 7: attempts of messages that are tried again later.
    const string OfVersion7 = "ALTER TABLE intervention ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;";

    // Migrates version 8: when a journey began by the engine's clock.
    const string OfVersion8 = "ALTER TABLE journey ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0; UPDATE journey SET received_at=started_at;";

    // Migrates version 9: refunds as they were reported, the lines of orders, and orders of which nothing is left. A refund of an order without
    // an id was that of the cart's latest.
    const string OfVersion9 = $"""
        ALTER TABLE conversion ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE conversion ADD COLUMN lines BLOB;
        ALTER TABLE conversion ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;
        UPDATE conversion SET order_id=(SELECT o.order_id FROM conversion o WHERE o.cart=conversion.cart AND o.value>0 AND o.verified=conversion.verified
            AND o.at<=conversion.at ORDER BY o.at DESC LIMIT 1) WHERE value<0 AND coalesce(order_id, '')='';
        {Refunds}
        INSERT OR IGNORE INTO refund(store, order_id, event, cart, cart_id, at, received_at, currency, amount, lines)
            SELECT store, order_id, id, cart, cart_id, at, at, currency, -value, x'' FROM conversion WHERE value<0 AND order_id<>'';
        UPDATE conversion SET returned=1 WHERE value>0 AND order_id IN (SELECT order_id FROM refund) AND (
            SELECT sum(c.value) FROM conversion c WHERE c.store=conversion.store AND c.order_id=conversion.order_id AND c.currency=conversion.currency)<=0;
        DROP INDEX IF EXISTS conversion_cart;
        """;

    // Migrates versions 10 and 11: the ids of customers, and since when they are known. A version before would not show them to whom they belong.
    const string OfVersion11 = "ALTER TABLE contact ADD COLUMN user_id TEXT; ALTER TABLE contact ADD COLUMN created_at INTEGER; UPDATE contact SET created_at=at;";

    // Migrates version 12: the features by which an offer was chosen.
    const string OfVersion12 = "ALTER TABLE intervention ADD COLUMN features BLOB;";

    // Refunds of orders that count, and of orders that are not known yet. Amount: null for the price of the lines, or without them the whole order.
    const string Refunds = """
        CREATE TABLE IF NOT EXISTS refund(
            store TEXT NOT NULL, order_id TEXT NOT NULL, event BLOB NOT NULL, cart BLOB NOT NULL, cart_id TEXT NOT NULL, at INTEGER NOT NULL,
            received_at INTEGER NOT NULL, currency TEXT, amount INTEGER, lines BLOB NOT NULL, PRIMARY KEY(store, order_id, event)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS refund_time ON refund(received_at);
        """;

    // Keys of shoppers, carts and addresses are random: each row of an index on one dirties a page of its own. Each decision adds to one
    // such index if the shopper is anonymous, and to two otherwise.
    static readonly string s_tables = $"""
        CREATE TABLE IF NOT EXISTS position(partition INTEGER PRIMARY KEY, address INTEGER NOT NULL);

        -- The anonymous shopper a customer was before: the subject that experiments assign by.
        CREATE TABLE IF NOT EXISTS identity(customer BLOB PRIMARY KEY, subject BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS identity_subject ON identity(subject);

        -- When a customer last bought.
        CREATE TABLE IF NOT EXISTS purchase(owner BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

        -- Owner: the customer for a server's data; the cart, or the customer in it, for a browser's.
        CREATE TABLE IF NOT EXISTS contact(
            owner BLOB PRIMARY KEY, store TEXT NOT NULL, email TEXT, phone TEXT, push TEXT, zone TEXT, at INTEGER NOT NULL,
            attributes TEXT, email_standing INTEGER, phone_standing INTEGER, push_standing INTEGER, network INTEGER,
            user_id TEXT, created_at INTEGER) WITHOUT ROWID;

        -- Lists a store's customers. Browsers' data, which is most of it, is not in it.
        CREATE INDEX IF NOT EXISTS contact_named ON contact(store, owner) WHERE user_id IS NOT NULL;

        -- The keys that encrypt data of a customer, or of a cart's anonymous shopper: KeyVault has them. What was done in PlaintextSealing.
        CREATE TABLE IF NOT EXISTS person_key(person BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY(person, number)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS sealing(step INTEGER PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS consent(
            owner BLOB NOT NULL, address INTEGER NOT NULL, granted INTEGER NOT NULL, at INTEGER NOT NULL, expires INTEGER NOT NULL,
            PRIMARY KEY(owner, address)) WITHOUT ROWID;

        -- What customers said about channels, as it was reported: proof of the consent in force. Version 11 added it: an earlier one would not erase it.
        CREATE TABLE IF NOT EXISTS consent_record(
            owner BLOB NOT NULL, at INTEGER NOT NULL, event BLOB NOT NULL, store TEXT NOT NULL, address INTEGER NOT NULL, granted INTEGER NOT NULL, received_at INTEGER NOT NULL,
            expires INTEGER NOT NULL, standing INTEGER NOT NULL, source TEXT NOT NULL, purpose TEXT, text_version TEXT, PRIMARY KEY(owner, at, event)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS suppression(
            store TEXT NOT NULL, address INTEGER NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY(store, address, value)) WITHOUT ROWID;

        -- Messages in a row that a mailbox did not take; reached: the key of its address.
        CREATE TABLE IF NOT EXISTS soft_bounce(reached BLOB PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS product(
            store TEXT NOT NULL, product INTEGER NOT NULL, id TEXT NOT NULL, name TEXT, url TEXT, image TEXT, price INTEGER, stock INTEGER,
            variant TEXT, base INTEGER, PRIMARY KEY(store, product)) WITHOUT ROWID;

        -- How a browser described the products of its own cart, for messages on its own screen.
        CREATE TABLE IF NOT EXISTS cart_product(
            cart BLOB NOT NULL, product INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, id TEXT, variant TEXT,
            PRIMARY KEY(cart, product)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS cart_product_time ON cart_product(at);

        -- Addresses that a browser named for a cart and that were written to: first when, from which network, and whether the owner confirmed.
        CREATE TABLE IF NOT EXISTS unproven(
            reached BLOB NOT NULL, cart BLOB NOT NULL, store TEXT NOT NULL, address INTEGER NOT NULL, network INTEGER NOT NULL, at INTEGER NOT NULL,
            confirmed_at INTEGER, PRIMARY KEY(reached, cart)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS unproven_network ON unproven(store, network, at);
        CREATE INDEX IF NOT EXISTS unproven_time ON unproven(store, at);
        CREATE INDEX IF NOT EXISTS unproven_cart ON unproven(cart);

        -- Discount codes that messages carried; each is worth one order.
        CREATE TABLE IF NOT EXISTS code(
            store TEXT NOT NULL, code TEXT NOT NULL, intervention TEXT NOT NULL, cart_id TEXT NOT NULL, percent REAL NOT NULL, issued_at INTEGER NOT NULL,
            used_at INTEGER, used_by TEXT, PRIMARY KEY(store, code)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS code_time ON code(issued_at);

        CREATE TABLE IF NOT EXISTS journey(
            id INTEGER PRIMARY KEY, store TEXT NOT NULL, cart BLOB NOT NULL, cart_id TEXT NOT NULL, customer BLOB, user_id TEXT,
            subject BLOB NOT NULL, campaign TEXT NOT NULL, variant TEXT NOT NULL, holdout INTEGER NOT NULL, state INTEGER NOT NULL,
            started_at INTEGER NOT NULL, turned_at INTEGER NOT NULL, value INTEGER NOT NULL, currency TEXT NOT NULL, connection INTEGER NOT NULL,
            standing INTEGER NOT NULL, user_standing INTEGER NOT NULL, bot INTEGER NOT NULL DEFAULT 0,
            received_at INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX IF NOT EXISTS journey_cart ON journey(cart, campaign, started_at) WHERE subject<>cart;
        CREATE INDEX IF NOT EXISTS journey_subject ON journey(subject, started_at);
        CREATE INDEX IF NOT EXISTS journey_time ON journey(started_at);

        -- A journey's decision (step 0), while there is something to send, and what the shop's systems were sent. Id: journey * 256 + step.
        CREATE TABLE IF NOT EXISTS content(id INTEGER PRIMARY KEY, json BLOB NOT NULL);

        CREATE TABLE IF NOT EXISTS intervention(
            id TEXT NOT NULL UNIQUE, journey INTEGER NOT NULL, store TEXT NOT NULL, subject BLOB NOT NULL, cart BLOB NOT NULL, cart_id TEXT NOT NULL,
            user_id TEXT, campaign TEXT NOT NULL, variant TEXT NOT NULL, step INTEGER NOT NULL, channel TEXT NOT NULL, address INTEGER NOT NULL,
            offer TEXT NOT NULL, context INTEGER NOT NULL, propensity REAL NOT NULL, state INTEGER NOT NULL, reason INTEGER NOT NULL, detail TEXT,
            decided_at INTEGER NOT NULL, due_at INTEGER NOT NULL, useful_until INTEGER NOT NULL, sent_at INTEGER, ended_at INTEGER,
            delivered_at INTEGER, opened_at INTEGER, clicked_at INTEGER, dismissed_at INTEGER, reached BLOB, message TEXT,
            attempts INTEGER NOT NULL DEFAULT 0, features BLOB);
        CREATE INDEX IF NOT EXISTS intervention_due ON intervention(channel, due_at, useful_until) WHERE state = {MessageState.Scheduled:D};
        CREATE INDEX IF NOT EXISTS intervention_sending ON intervention(state) WHERE state = {MessageState.Sending:D};
        CREATE INDEX IF NOT EXISTS intervention_reached ON intervention(reached, sent_at) WHERE reached IS NOT NULL;
        CREATE INDEX IF NOT EXISTS intervention_journey ON intervention(journey);
        CREATE INDEX IF NOT EXISTS intervention_time ON intervention(store, decided_at);

        -- What offers are learned from: messages with a choice among them, and shoppers who had none.
        CREATE INDEX IF NOT EXISTS intervention_choice ON intervention(sent_at) WHERE propensity<1;
        CREATE INDEX IF NOT EXISTS intervention_alone ON intervention(decided_at) WHERE features IS NOT NULL AND sent_at IS NULL;

        CREATE TABLE IF NOT EXISTS conversion(
            id BLOB NOT NULL, store TEXT NOT NULL, cart BLOB NOT NULL, cart_id TEXT NOT NULL, subject BLOB NOT NULL, at INTEGER NOT NULL,
            value INTEGER NOT NULL, currency TEXT NOT NULL, verified INTEGER NOT NULL, journey INTEGER NOT NULL, intervention TEXT,
            touch TEXT, order_id TEXT, product INTEGER NOT NULL DEFAULT 0, received_at INTEGER NOT NULL DEFAULT 0, lines BLOB,
            returned INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX IF NOT EXISTS conversion_order ON conversion(store, order_id);
        CREATE UNIQUE INDEX IF NOT EXISTS conversion_cart ON conversion(cart, at, id, currency);
        CREATE INDEX IF NOT EXISTS conversion_journey ON conversion(journey);
        CREATE INDEX IF NOT EXISTS conversion_subject ON conversion(subject, at);
        CREATE INDEX IF NOT EXISTS conversion_time ON conversion(store, at);

        -- Carts that went into others; session: whose word it is, 0 for the server's.
        CREATE TABLE IF NOT EXISTS merged(
            cart BLOB NOT NULL, target BLOB NOT NULL, session INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(cart, session)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS merged_time ON merged(at);

        -- Campaigns that a store has paused.
        CREATE TABLE IF NOT EXISTS paused(store TEXT NOT NULL, campaign TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(store, campaign)) WITHOUT ROWID;

        {Refunds}

        -- The ids of the server's orders, of all shoppers: an order counts once.
        CREATE TABLE IF NOT EXISTS shop_order(
            store TEXT NOT NULL, id TEXT NOT NULL, event BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(store, id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS shop_order_time ON shop_order(at);

        -- Who was in which variant of an experiment, and the orders that followed: conversion has them, with journey 0 if no campaign contacted the shopper.
        CREATE TABLE IF NOT EXISTS exposure(
            store TEXT NOT NULL, subject BLOB NOT NULL, experiment TEXT NOT NULL, variant TEXT NOT NULL, allocation INTEGER NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY(store, subject, experiment)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS exposure_experiment ON exposure(store, experiment);
        CREATE TABLE IF NOT EXISTS exposure_order(
            store TEXT NOT NULL, experiment TEXT NOT NULL, order_id TEXT NOT NULL, subject BLOB NOT NULL, PRIMARY KEY(store, experiment, order_id)) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS stopped(campaign TEXT NOT NULL, variant TEXT NOT NULL, at INTEGER NOT NULL, why TEXT NOT NULL,
            PRIMARY KEY(campaign, variant)) WITHOUT ROWID;
        """;
}
