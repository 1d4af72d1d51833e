using CartRecovery.Contracts;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journeys;

/// <summary>What a thief of the database finds, and what is left of a person whose keys were destroyed.</summary>
[TestFixture]
public sealed class PersonalDataTests : EncryptionFixture
{
    const string Mail = "anna.thief@example.com", Phone = "+491701234567", Token = "push-token-of-anna-0123456789", Name = "Annabella-Theresia";

    static readonly string[] s_all = [Mail, Phone, Token, Name, "491701234567"];

    string Path => Scratch.PathOf("outreach.db");

    [Test]
    public void The_database_holds_no_address_in_plaintext_and_messages_arrive()
    {
        using var run = Run(Keys);
        Traffic(run);

        Assert.That(Found(), Is.Empty);
        Assert.That(run.Sent.Single().Recipient, Is.EqualTo(new Recipient(Email: Mail)));
        run.Restart();
        Assert.That(run.It.Store.Customers.ContactOf(JourneyFixture.Customer("anna"))!.Recipient, Is.EqualTo(new Recipient(Mail, Phone, Token)));
        Assert.That(run.It.Store.Customers.AttributesOf(JourneyFixture.Customer("anna")), Does.Contain(Name));
        Assert.That(Found(), Is.Empty);
    }

    [Test]
    public void A_text_with_an_address_that_is_to_be_handed_over_again_is_encrypted_until_the_carts_keys_are_destroyed()
    {
        using var run = Run(Keys);
        Traffic(run);
        var contents = new Engine.Journeys.Tables.ContentTable(run.It.Store.Database, run.It.Store.People);
        var (cart, sent) = (JourneyFixture.Cart("c1"), run.Sent.Single() with { Message = $"Call {Phone} or write to {Mail}", Recipient = null });
        contents.SetSent(4711, cart, sent, country: null);
        contents.SetSent(4712, cart, sent with { Message = "Come back, order 20261202" }, "DE");
        contents.SetSent(4713, cart, sent with { Message = "Call 0170 1234567" }, "DE");
        Assert.That(Found(), Is.Empty);
        Assert.That(TestKeys.Found(Scratch.Folder, ["0170 1234567"]), Is.Empty);
        Assert.That(contents.SentOf(4711, sent.Step)!.Message, Is.EqualTo(sent.Message));

        run.It.Store.People.Destroy(cart);
        Assert.That((contents.SentOf(4711, sent.Step), contents.SentOf(4712, sent.Step)!.Message), Is.EqualTo(((Intervention?)null, "Come back, order 20261202")));
    }

    [Test]
    public void The_same_traffic_without_keys_is_found()
    {
        using var run = Run(keys: null);
        Traffic(run);
        Assert.That(s_all.Except(Found().Select(found => found.Split(" in ")[0])), Is.Empty);
    }

    [Test]
    public void A_suppressed_address_is_compared_and_not_stored()
    {
        using var run = Run(Keys);
        run.It.Store.Customers.Suppress("shop", AddressKind.Email, "Anna.Thief@Example.com", "shop", run.Now);
        run.It.Store.Customers.Suppress("shop", AddressKind.Phone, Phone, "shop", run.Now);

        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, "ANNA.THIEF+tag@example.com"), Is.True);
        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Phone, "+49 170 1234567"), Is.True);
        Assert.That(run.It.Store.Customers.IsSuppressed("other", AddressKind.Email, Mail), Is.False);
        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Phone, Mail), Is.False);
        Assert.That(Found(), Is.Empty);
        Assert.That(run.It.Store.Customers.Release("shop", AddressKind.Email, Mail), Is.True);
        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, Mail), Is.False);
    }

    [Test]
    public void The_keys_of_addresses_depend_on_the_folder()
    {
        using var other = new Scratch();
        using var keys = TestKeys.In(other);
        var (here, there, plain) = (new Engine.Journeys.Tables.AddressKeys(Keys), new Engine.Journeys.Tables.AddressKeys(keys), new Engine.Journeys.Tables.AddressKeys(keys: null));

        Assert.That(here.Of("shop", "Anna+x@example.com"), Is.EqualTo(here.Of("shop", "anna@example.com")));
        Assert.That(new[] { here.Of("shop", Mail), there.Of("shop", Mail), plain.Of("shop", Mail) }.Distinct().Count(), Is.EqualTo(3));
        Assert.That(here.Of(plain.Of("shop", Mail)), Is.EqualTo(here.Of("shop", Mail)));
        Assert.That(here.Of("shop", recipient: null), Is.EqualTo(default(CartRecovery.Primitives.Hash128)));
    }

    [Test]
    public void A_database_of_an_earlier_version_is_encrypted_and_works_as_before()
    {
        using (var before = Run(keys: null))
        {
            Traffic(before);
            before.It.Store.Customers.Suppress("shop", AddressKind.Email, "bob@example.com", "shop", before.Now);
            Assert.That(Found(), Is.Not.Empty);
        }

        using var run = Run(Keys);
        Assert.That(TestKeys.Found(Scratch.Folder, [.. s_all, "bob@example.com"]), Is.Empty);
        Assert.That(run.It.Store.Customers.ContactOf(JourneyFixture.Customer("anna"))!.Recipient, Is.EqualTo(new Recipient(Mail, Phone, Token)));
        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, "bob+1@example.com"), Is.True);
        // The cap knows whom messages reached.
        Assert.That(run.It.Store.Messages.SentSince(default, "shop", new Recipient(Email: Mail), 0), Has.Count.EqualTo(1));

        run.Restart();
        Assert.That(run.It.Store.Messages.SentSince(default, "shop", new Recipient(Email: Mail), 0), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_person_whose_keys_are_destroyed_has_no_address_and_everybody_else_has()
    {
        using var run = Run(Keys);
        Traffic(run);
        run.Tell(EventType.Identify, "c9", user: "carl", meta: """{"email":"carl@example.com"}""");

        Assert.That(run.It.Store.People.Destroy(JourneyFixture.Customer("anna")), Is.EqualTo(1));

        Assert.That(run.It.Store.Customers.ContactOf(JourneyFixture.Customer("anna")), Is.Null);
        Assert.That(run.It.Store.Customers.AttributesOf(JourneyFixture.Customer("anna")), Is.Null);
        Assert.That(run.It.Store.Customers.ContactOf(JourneyFixture.Customer("carl"))!.Recipient.Email, Is.EqualTo("carl@example.com"));
        run.Decide("c1", user: "anna", id: "later");
        run.Pass(JourneyFixture.Day);
        Assert.That(run.Withheld().Select(w => w.Reason), Does.Contain(WithheldReason.NoAddress));

        // Whoever comes back is a new person.
        run.Tell(EventType.Identify, "c1", user: "anna", meta: $$"""{"email":"{{Mail}}"}""");
        Assert.That(run.It.Store.Customers.ContactOf(JourneyFixture.Customer("anna"))!.Recipient, Is.EqualTo(new Recipient(Email: Mail)));
    }

    [Test]
    public void A_backup_of_the_database_is_unreadable_once_the_keys_are_destroyed()
    {
        using (var run = Run(Keys))
        {
            Traffic(run);
        }

        File.Copy(Path, Scratch.PathOf("backup.db"));
        using (var run = Run(Keys))
        {
            run.It.Store.People.Destroy(JourneyFixture.Customer("anna"));
        }

        using var restored = new JourneyFixture([JourneyFixture.Series(JourneyFixture.Step("mail"))], path: Scratch.PathOf("backup.db"), keys: Keys);
        Assert.That(restored.It.Store.Customers.ContactOf(JourneyFixture.Customer("anna")), Is.Null);
    }

    [Test]
    public void An_exchanged_row_reads_as_no_address()
    {
        using var run = Run(Keys);
        Traffic(run);
        run.Tell(EventType.Identify, "c9", user: "mallory", meta: """{"email":"mallory@example.com"}""");
        using (var swap = new Query(run.It.Store.Database, "UPDATE contact SET email=(SELECT email FROM contact WHERE owner=?1) WHERE owner=?2"))
        {
            swap.Rows.With(JourneyFixture.Customer("mallory")).With(JourneyFixture.Customer("anna")).Run();
        }

        Assert.That(run.It.Store.Customers.ContactOf(JourneyFixture.Customer("anna"))!.Recipient, Is.EqualTo(new Recipient(Phone: Phone, PushToken: Token)));
    }

    [Test]
    public void A_sink_that_repeats_the_address_does_not_put_it_into_the_database()
    {
        using var run = Run(Keys);
        Traffic(run);
        run.It.RecordOutcome(run.Sent.Single(), WithheldReason.Bounced, $"550 5.1.1 <{Mail.ToUpperInvariant()}> unknown", run.Now);

        Assert.That(TestKeys.Found(Scratch.Folder, [.. s_all, Mail.ToUpperInvariant()]), Is.Empty);
        using var detail = new Query(run.It.Store.Database, "SELECT detail FROM intervention WHERE detail IS NOT NULL");
        Assert.That((detail.Rows.Next(), detail.Rows.Text(0)), Is.EqualTo((true, "550 5.1.1 <(the address)> unknown")));
        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, Mail), Is.True);
    }

    [Test]
    public void A_number_that_a_sink_repeats_in_another_spelling_does_not_get_there_either()
    {
        using var run = Run(Keys);
        Traffic(run);
        run.It.RecordOutcome(run.Sent.Single() with { Recipient = new Recipient(Phone: Phone) }, WithheldReason.Bounced, "21211: 0170 / 123 45 67 (+49 (0)170-1234567), code 30007", run.Now);

        using var detail = new Query(run.It.Store.Database, "SELECT detail FROM intervention WHERE detail IS NOT NULL");
        Assert.That((detail.Rows.Next(), detail.Rows.Text(0)), Is.EqualTo((true, "21211: (the address) (+49 (the address)), code 30007")));
    }

    JourneyFixture Run(KeyVault? keys) => new([JourneyFixture.Series(JourneyFixture.Step("mail"))], path: Path, keys: keys);

    // An address by a server, one by a browser, a message and a bounce.
    static void Traffic(JourneyFixture run)
    {
        run.Tell(EventType.Identify, "c1", user: "anna", meta: $$"""{"email":"{{Mail}}","phone":"{{Phone}}","pushToken":"{{Token}}","firstName":"{{Name}}"}""");
        run.Tell(EventType.Identify, "c2", verified: false, meta: $$"""{"email":"{{Mail}}","phone":"{{Phone}}","pushToken":"{{Token}}","firstName":"{{Name}}"}""");
        run.Agree("c1", "anna");
        run.Decide("c1", user: "anna");
        run.Pass(JourneyFixture.Day);
    }

    IEnumerable<string> Found() => TestKeys.Found(Scratch.Folder, s_all);
}
