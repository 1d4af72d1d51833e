using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Pipeline;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Tables;

/// <summary>What an earlier engine kept, in a later one.</summary>
public sealed class JourneySchemaTests
{
    [Test]
    public void What_version_1_kept_goes_on()
    {
        var path = Path.Combine(TestStages.NewFolder(), "outreach.db");
        using (var desk = new JourneyFixture([Series(Step("crm"), Step("crm", hours: 1))], path: path))
        {
            desk.Decide("c1");
            desk.Tell(Engine.Events.EventType.Purchase, "c2", "u2");
            Downgrade(desk.It.Store.Database);
        }

        using var later = new JourneyFixture([Series(Step("crm"), Step("crm", hours: 1))], path: path);
        later.Fill("c1", Noon);
        using var reports = new JourneyReports(path);
        var listed = InterventionList.Of(reports, new InterventionFilter { StoreId = "shop", Limit = 10 });
        Assert.That(listed.Rows.Select(row => row[^1]), Is.EquivalentTo(new object?[] { "2 for 50.00 in c1", null }));
        Assert.That(later.It.Resume(later.Now), Is.Empty);
        Assert.That(later.Sent.Single(), Has.Property("Step").EqualTo(1).And.Property("Message").EqualTo("2 for 50.00 in c1"));
        later.Pass(2 * Hour);
        Assert.That(later.Sent.Select(s => s.Step), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(later.It.Store.Customers.PurchasedAt(Customer("u2")), Is.EqualTo(Noon));
        Assert.That(later.Count("SELECT count(*) FROM conversion WHERE cart_id='c9' AND value=10"), Is.EqualTo(1));
    }

    [Test]
    public void What_version_2_kept_goes_on()
    {
        var path = Path.Combine(TestStages.NewFolder(), "outreach.db");
        using (var desk = new JourneyFixture([Series(Step("mail"))], path: path))
        {
            desk.Know("c1", "u1", "ada@example.com");
            desk.It.Store.Database.Execute("ALTER TABLE contact DROP COLUMN attributes; PRAGMA user_version=2");
        }

        using var later = new JourneyFixture([Series(Step("mail"))], path: path);
        Assert.That(later.Count("PRAGMA user_version"), Is.EqualTo(3));
        Assert.That(later.It.Store.Customers.ContactOf(Customer("u1"))?.Recipient.Email, Is.EqualTo("ada@example.com"));
        later.Tell(Engine.Events.EventType.Identify, "c1", "u1", meta: """{"firstName":"Ada"}""");
        Assert.That(later.It.Store.Customers.AttributesOf(Customer("u1")), Is.EqualTo("""{"first_name":"Ada"}"""));
    }

    [Test]
    public void A_file_of_a_later_version_is_left_alone()
    {
        var path = Path.Combine(TestStages.NewFolder(), "outreach.db");
        using (var database = new Database(path)) database.Execute("PRAGMA user_version=99");
        Assert.That(() => new JourneyStore(path), Throws.InstanceOf<IOException>().With.Message.Contains("version 99"));
    }

    static void Downgrade(Database database)
    {
        database.Execute("""
            ALTER TABLE purchase RENAME TO purchase2; ALTER TABLE journey RENAME TO journey2; ALTER TABLE intervention RENAME TO intervention2;
            DROP TABLE conversion; ALTER TABLE contact DROP COLUMN attributes; DROP INDEX journey_cart; DROP INDEX journey_subject; DROP INDEX journey_time; DROP INDEX intervention_due;
            DROP INDEX intervention_sending; DROP INDEX intervention_reached; DROP INDEX intervention_journey; DROP INDEX intervention_time;
            """);
        database.Execute(Version1);
        database.Execute("""
            INSERT INTO purchase SELECT owner, at FROM purchase2;
            INSERT INTO journey SELECT j.*, (SELECT json FROM content WHERE id=j.id*256) FROM journey2 j;
            INSERT INTO intervention SELECT id, journey, store, subject, cart, cart_id, user_id, campaign, variant, step, channel, address, offer, context,
                propensity, state, reason, detail, decided_at, due_at, useful_until, sent_at, ended_at, delivered_at, opened_at, clicked_at, dismissed_at,
                reached, (SELECT json FROM content WHERE id=journey*256+step) FROM intervention2;
            INSERT INTO conversion VALUES(x'01', 'shop', x'02', 'c9', x'02', 5, 10, 'EUR', 1, 1, NULL, NULL);
            DROP TABLE purchase2; DROP TABLE journey2; DROP TABLE intervention2; DROP TABLE content;
            PRAGMA user_version=1;
            """);
    }

    const string Version1 = """
            CREATE TABLE purchase(owner BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX purchase_time ON purchase(at);
            CREATE TABLE journey( id INTEGER PRIMARY KEY, store TEXT NOT NULL, cart BLOB NOT NULL, cart_id TEXT NOT NULL, customer BLOB, user_id
                TEXT, subject BLOB NOT NULL, campaign TEXT NOT NULL, variant TEXT NOT NULL, holdout INTEGER NOT NULL, state INTEGER NOT NULL,
                started_at INTEGER NOT NULL, turned_at INTEGER NOT NULL, value INTEGER NOT NULL, currency TEXT NOT NULL, connection INTEGER NOT NULL,
                candidate BLOB);
            CREATE INDEX journey_cart ON journey(cart, campaign, started_at);
            CREATE INDEX journey_subject ON journey(subject, started_at);
            CREATE INDEX journey_time ON journey(started_at);
            CREATE TABLE intervention( id TEXT NOT NULL UNIQUE, journey INTEGER NOT NULL, store TEXT NOT NULL, subject BLOB NOT NULL, cart BLOB NOT
                NULL, cart_id TEXT NOT NULL, user_id TEXT, campaign TEXT NOT NULL, variant TEXT NOT NULL, step INTEGER NOT NULL, channel TEXT NOT
                NULL, address INTEGER NOT NULL, offer TEXT NOT NULL, context INTEGER NOT NULL, propensity REAL NOT NULL, state INTEGER NOT NULL,
                reason INTEGER NOT NULL, detail TEXT, decided_at INTEGER NOT NULL, due_at INTEGER NOT NULL, useful_until INTEGER NOT NULL, sent_at
                INTEGER, ended_at INTEGER, delivered_at INTEGER, opened_at INTEGER, clicked_at INTEGER, dismissed_at INTEGER, reached BLOB, payload
                BLOB);
            CREATE INDEX intervention_due ON intervention(due_at) WHERE state = 0;
            CREATE INDEX intervention_sending ON intervention(state) WHERE state = 1;
            CREATE INDEX intervention_subject ON intervention(subject, sent_at) WHERE sent_at IS NOT NULL;
            CREATE INDEX intervention_reached ON intervention(reached, sent_at) WHERE sent_at IS NOT NULL;
            CREATE INDEX intervention_journey ON intervention(journey);
            CREATE INDEX intervention_time ON intervention(store, decided_at);
            CREATE TABLE conversion( id BLOB PRIMARY KEY, store TEXT NOT NULL, cart BLOB NOT NULL, cart_id TEXT NOT NULL, subject BLOB NOT NULL, at
                INTEGER NOT NULL, value INTEGER NOT NULL, currency TEXT NOT NULL, verified INTEGER NOT NULL, journey INTEGER NOT NULL, intervention
                TEXT, touch TEXT) WITHOUT ROWID;
            CREATE INDEX conversion_journey ON conversion(journey);
            CREATE INDEX conversion_subject ON conversion(subject, at);
            CREATE INDEX conversion_time ON conversion(store, at);
            """;
}
