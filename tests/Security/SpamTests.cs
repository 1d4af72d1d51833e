using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Primitives;
using CartRecovery.Tests.Journeys;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Security;

/// <summary>A publishable key cannot make the engine write to strangers, or to anybody in words that are not the shop's.</summary>
public sealed class SpamTests
{
    const ulong Attacker = 77;
    const string Bait = "WIN https://evil.example";

    [Test]
    public void A_stranger_makes_the_engine_ask_three_people_for_confirmation_in_the_shops_words()
    {
        using var run = Run();
        for (var i = 0; i < 200; i++)
        {
            Guest(run, $"cart-{i}", $"victim{i}@example.com", Attacker);
        }

        run.Pass(48 * Hour);

        Assert.That(run.Sent, Has.Count.EqualTo(3));
        Assert.That(run.Sent.Select(message => message.Links?.Confirm), Has.All.StartsWith("https://recover.example/v1/track/confirm/"));
        Assert.That(run.Sent.Select(Words), Has.None.Contains("evil").And.None.Contains("WIN"));
        Assert.That(run.Reasons, Has.All.EqualTo(WithheldReason.RecipientLimit).Or.EqualTo(WithheldReason.NotConfirmed));
    }

    [Test]
    public void The_tags_and_the_case_of_an_address_do_not_make_it_another()
    {
        using var run = Run();
        foreach (var (cart, address) in new[] { ("a", "Anna@example.com"), ("b", "anna+1@example.com"), ("c", "ANNA+2@Example.com") })
        {
            Guest(run, cart, address, Attacker);
        }

        run.Pass(48 * Hour);
        Assert.That(run.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_guest_who_confirms_gets_the_message()
    {
        using var run = Run();
        Guest(run, "c1", "anna@example.com", network: 5);
        run.Work();
        Assert.That(run.Sent.Select(message => message.Links?.Confirm is not null), Is.EqualTo(new[] { true }));

        var link = Signer.Read(run.Sent[0].Links!.Confirm!.Split('/')[^1], LinkKind.Confirm, run.Now)!;
        Assert.That(run.It.Confirm(KeyIn(link), Cart(link.CartId), run.Now), Is.True);
        run.Work();

        Assert.That(run.Sent, Has.Count.EqualTo(2));
        Assert.That((run.Sent[1].Recipient?.Email, run.Sent[1].Links?.Confirm), Is.EqualTo(("anna@example.com", (string?)null)));
    }

    [Test]
    public void A_confirmation_that_could_not_be_delivered_is_sent_again_under_its_id_while_the_message_is_of_use()
    {
        using var run = Run();
        Guest(run, "c1", "anna@example.com", network: 5);
        run.Work();
        var times = new List<long>();
        for (var minute = 0; minute < 4 * 24 * 60; minute++)
        {
            run.Pass(Minute);
            if (run.Sent.Count > times.Count)
            {
                times.Add(run.Now);
                run.It.Postpone(run.Sent[^1], "the recipient was rejected with 450 4.7.1", after: null, run.Now);
            }
        }

        Assert.That(run.Sent, Has.Count.GreaterThan(10));
        Assert.That(run.Sent.Select(sent => (sent.Id, sent.Links?.Confirm is not null)).Distinct().ToArray(), Has.Length.EqualTo(1), "one id");
        Assert.That(times[1] - times[0], Is.LessThanOrEqualTo(2 * Minute));
        Assert.That(times[^1] - times[0], Is.LessThanOrEqualTo(3 * Day));
        Assert.That(times.Zip(times.Skip(1), (from, to) => to - from), Is.All.LessThanOrEqualTo(17 * Minute));
        Assert.That(run.Reasons, Is.EqualTo(new[] { WithheldReason.NotConfirmed }));
    }

    [Test]
    public void Who_does_not_confirm_gets_nothing_more()
    {
        using var run = Run();
        Guest(run, "c1", "anna@example.com", network: 5);
        run.Pass(10 * Day);
        Assert.That((run.Sent.Count, run.Reasons), Is.EqualTo((1, new[] { WithheldReason.NotConfirmed })));
    }

    [Test]
    public void Guests_of_many_networks_are_bounded_by_the_store_and_wait()
    {
        var contact = Contact(OptInRule.Never);
        contact.Unproven.NewRecipients.PerStore = new CountRate(2, TimeSpan.FromHours(1));
        using var run = Run(contact);
        for (var i = 0; i < 5; i++)
        {
            Guest(run, $"c{i}", $"guest{i}@example.com", network: (ulong)(100 + i));
        }

        run.Work();
        Assert.That(run.Sent, Has.Count.EqualTo(2));
        Assert.That(run.It.Counters.RecipientLimit?.Store, Is.EqualTo("shop"));
        run.Pass(61 * Minute);
        Assert.That(run.Sent, Has.Count.EqualTo(4));
        run.Pass(61 * Minute);
        Assert.That(run.Sent, Has.Count.EqualTo(5));
    }

    [Test]
    public void Without_a_confirmation_a_message_shows_nothing_that_a_browser_said()
    {
        using var run = Run(Contact(OptInRule.Never), "{{ customer.name }}|{{ customer.id }}|{% for line in cart.lines %}{{ line.name }}{% endfor %}");
        run.Fill("c1", run.Now - Hour, Bait, standing: Standing.Claimed);
        SetProduct(run, "c1", 42);
        run.Tell(EventType.AddToCart, "c1", user: Bait, verified: false, meta: $$"""{"name":"{{Bait}}","url":"https://evil.example/x"}""", product: 42);
        Guest(run, "c1", "anna@example.com", network: 5, user: Bait, name: Bait);
        run.Work();

        Assert.That(run.Sent, Has.Count.EqualTo(1));
        Assert.That(Words(run.Sent[0]), Does.Not.Contain("evil"));
    }

    [Test]
    public void A_claimed_user_is_not_written_to_at_the_address_that_the_server_gave()
    {
        using var run = Run();
        run.Know("annas", "anna", "anna@example.com");
        run.Decide("attackers", "anna", channel: "mail", standing: Standing.Claimed);
        run.Pass(2 * Day);
        Assert.That((run.Sent.Count, run.Reasons), Is.EqualTo((0, new[] { WithheldReason.NoAddress })));
    }

    [Test]
    public void A_claimed_user_ends_no_journey_withdraws_no_consent_and_gives_no_address()
    {
        using var run = Run(steps: [Step("mail", hours: 5)]);
        run.Know("annas", "anna", "anna@example.com");
        run.Decide("annas", "anna", channel: "mail");
        run.Tell(EventType.Purchase, "attackers", "anna", verified: false, amount: 10);
        run.Agree("attackers", "anna", granted: false, verified: false);
        run.Tell(EventType.Unsubscribed, "attackers", "anna", verified: false, meta: """{"channel":"email"}""");
        run.Identify("attackers", "anna", "thief@evil.example", verified: false);
        run.Pass(6 * Hour);

        Assert.That(run.Sent.Select(message => message.Recipient?.Email), Is.EqualTo(new[] { "anna@example.com" }));
    }

    [Test]
    public void A_customer_with_a_token_may_withdraw_their_consent()
    {
        using var run = Run(steps: [Step("mail", hours: 5)]);
        run.Know("annas", "anna", "anna@example.com");
        run.Decide("annas", "anna", channel: "mail");
        run.Tell(EventType.Consent, "elsewhere", "anna", standing: Standing.Proven, meta: """{"channel":"email","granted":false}""");
        run.Pass(6 * Hour);
        Assert.That((run.Sent.Count, run.Reasons), Is.EqualTo((0, new[] { WithheldReason.ConsentDenied })));
    }

    [Test]
    public void A_cart_keeps_the_first_address_that_was_written_to()
    {
        using var run = Run();
        Guest(run, "c1", "anna@example.com", network: 5);
        run.Work();
        run.Tell(EventType.Identify, "c1", verified: false, meta: """{"email":"victim@example.com"}""", network: 5);
        var contact = run.It.Store.Customers.ContactOf(Cart("c1"));
        Assert.That(contact?.Recipient.Email, Is.EqualTo("anna@example.com"));
    }

    [Test]
    public void A_typing_error_is_corrected_before_anything_is_sent()
    {
        using var run = Run();
        run.Tell(EventType.Identify, "c1", verified: false, meta: """{"email":"anna@exampel.com"}""", network: 5, at: run.Now - 1);
        Guest(run, "c1", "anna@example.com", network: 5);
        run.Work();
        Assert.That(run.Sent.Select(message => message.Recipient?.Email), Is.EqualTo(new[] { "anna@example.com" }));
    }

    [Test]
    public void A_stranger_who_names_a_confirmed_address_sends_it_the_shops_words_alone()
    {
        using var run = Run(message: "{{ customer.name }}|{{ cart.id }}|{% for line in cart.lines %}{{ line.name }}{% endfor %}");
        Guest(run, "c1", "anna@example.com", network: 5);
        run.Work();
        run.It.Confirm(run.It.Store.Addresses.Of("shop", "anna@example.com"), Cart("c1"), run.Now);
        run.Work();
        run.Fill(Bait, run.Now - Hour, standing: Standing.Claimed);
        SetProduct(run, Bait, 42);
        run.Tell(EventType.AddToCart, Bait, verified: false, meta: $$"""{"name":"{{Bait}}"}""", product: 42);
        Guest(run, Bait, "anna@example.com", Attacker, name: Bait);
        // Not within the hour of the reminder of another cart.
        run.Pass(2 * Hour);

        Assert.That(run.Sent, Has.Count.EqualTo(3));
        Assert.That(Words(run.Sent[2]), Does.Not.Contain("evil"));
    }

    [Test]
    public void A_suppressed_address_is_not_reached_with_a_tag()
    {
        using var run = Run(Contact(OptInRule.Never));
        run.It.Store.Customers.Suppress("shop", AddressKind.Email, "Victim@example.com", "unsubscribed", run.Now);
        Guest(run, "c1", "victim+1@example.com", Attacker);
        run.Work();
        Assert.That((run.Sent.Count, run.Reasons), Is.EqualTo((0, new[] { WithheldReason.Suppressed })));
    }

    [Test]
    public void A_claimed_user_who_unsubscribes_suppresses_the_address_that_was_written_to()
    {
        using var run = Run(Contact(OptInRule.Never));
        run.Know("victims", "victim", "victim@example.com");
        Guest(run, "attackers", "attacker@example.com", Attacker, user: "victim");
        run.Work();
        run.Tell(EventType.Unsubscribed, "attackers", meta: $$"""{"intervention":"{{run.Sent[0].Id}}","channel":"email"}""");

        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, "victim@example.com"), Is.False);
        Assert.That(run.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, "attacker@example.com"), Is.True);
        Assert.That(run.It.Store.Customers.ConsentOf(Customer("victim"), AddressKind.Email)?.Granted, Is.True);
    }

    [Test]
    public void A_browsers_address_does_not_become_the_servers_word_with_the_servers_phone()
    {
        using var run = Run();
        run.Tell(EventType.Identify, "c1", verified: false, meta: """{"email":"victim@example.com"}""", network: Attacker);
        run.Tell(EventType.Identify, "c1", meta: """{"phone":"+31600000000"}""");
        Assert.That(run.It.Store.Customers.ContactOf(Cart("c1")), Is.EqualTo(
            new Contact(new Recipient("victim@example.com", "+31600000000"), Zone: null, Standing.Claimed, Standing.Server, Push: Standing.Claimed, Network: 0)));
    }

    [Test]
    public void A_claimed_order_ends_the_journeys_of_its_cart_alone()
    {
        using var run = Run(steps: [Step("mail", hours: 5)]);
        run.Know("first", "anna", "anna@example.com");
        run.Decide("first", "anna", channel: "mail");
        run.Tell(EventType.Purchase, "second", verified: false, amount: 10);
        run.Pass(6 * Hour);
        Assert.That(run.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_customer_who_refused_is_not_written_to_in_a_cart_that_claims_to_be_theirs()
    {
        using var run = Run(Contact(OptInRule.Never));
        run.Agree("elsewhere", "anna", granted: false);
        Guest(run, "c1", "anna@example.com", network: 5, user: "anna");
        run.Work();
        Assert.That((run.Sent.Count, run.Reasons), Is.EqualTo((0, new[] { WithheldReason.ConsentDenied })));
    }

    [Test]
    public void An_address_of_the_shops_server_needs_no_confirmation_and_has_no_bound()
    {
        using var run = Run();
        for (var i = 0; i < 10; i++)
        {
            run.Know($"c{i}", user: null, $"guest{i}@example.com");
            run.Decide($"c{i}", channel: "mail");
        }

        run.Work();
        Assert.That(run.Sent, Has.Count.EqualTo(10));
        Assert.That(run.Sent.Select(message => message.Links?.Confirm), Has.All.Null);
    }

    static LinkSigner Signer { get; } = new(new byte[32]);

    static JourneyFixture Run(ContactConfig? contact = null, string message = "Your cart waits", StepConfig[]? steps = null)
    {
        steps ??= [new StepConfig { Channel = "mail", Message = message, Subject = "Your cart", Action = new ActionConfig { Type = ActionKind.Reminder } }];
        return new JourneyFixture([Series(steps)], contact ?? Contact(OptInRule.WhenConsentRequired));
    }

    static ContactConfig Contact(OptInRule rule)
    {
        var contact = Open();
        contact.PublicUrl = "https://recover.example";
        contact.Unproven.OptIn = rule;
        return contact;
    }

    // What one request with a publishable key can say: a cart, an address, a consent.
    static void Guest(JourneyFixture run, string cart, string email, ulong network, string? user = null, string name = "Anna")
    {
        run.Tell(EventType.Identify, cart, user, verified: false, meta: $$"""{"email":"{{email}}","name":"{{name}}"}""", network: network);
        run.Agree(cart, user, verified: false);
        run.Decide(cart, user, channel: "mail", standing: Standing.Claimed);
    }

    static void SetProduct(JourneyFixture run, string cart, ulong product)
    {
        var record = run.Carts[Cart(cart)];
        record.Lines[0].Product = product;
        run.Carts[Cart(cart)] = record;
    }

    static Hash128 KeyIn(SignedLink link) => new(Convert.ToUInt64(link.Intervention[16..], 16), Convert.ToUInt64(link.Intervention[..16], 16));

    static string Words(Intervention message) => $"{message.Subject} {message.Message} {message.Html}";
}
