using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>Messages are rendered when they are sent.</summary>
public sealed class MessageTests
{
    [Test]
    public void A_message_renders_the_attributes_of_identify()
    {
        using var fixture = Of("Hi {{ customer.first_name | default: 'there' }}, {{ customer.plan }} customer {{ customer.id }}");
        fixture.Know("c1", "u1", "ada@example.com");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"firstName":"Ada","plan":"silver"}""");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"plan":"gold"}""");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("Hi Ada, gold customer u1"));
    }

    [Test]
    public void The_line_of_what_exceeds_the_others_has_a_name()
    {
        using var fixture = Of("{% for line in cart.lines %}[{{ line.quantity }} {{ line.name }}]{% endfor %}", "socket");
        fixture.Fill("c1", fixture.Now);
        var cart = fixture.Carts[JourneyFixture.Cart("c1")];
        cart.Others = new CartLine { Units = 13_000, Value = 26 * Money.PerUnit };
        fixture.Carts[JourneyFixture.Cart("c1")] = cart;
        Assert.That(fixture.It.LinesOf(JourneyFixture.Stores.Find("shop")!, cart).Last().Line, Has.Property("Name").EqualTo("Other products").And.Property("Quantity").EqualTo(13m));
        (cart.LineCount, cart.Others) = (2, default);
        var yen = CurrencyCode.Parse("JPY");
        cart.Lines[1] = new CartLine { Product = CartLine.Combined, Units = 2000, Value = 15_000 * Money.PerUnit, Currency = yen };
        Assert.That(fixture.It.LinesOf(JourneyFixture.Stores.Find("shop")!, cart).Last().Line,
            Has.Property("Name").EqualTo("Other products").And.Property("Value").EqualTo(15_000m).And.Property("Currency").EqualTo("JPY"));
        var german = new Store(0, "shop", "shop"u8.ToArray(), TimeZoneInfo.Utc, "EUR") { Locale = MoneyLocale.Find("de")! };
        Assert.That(fixture.It.LinesOf(german, cart).Last().Line.Name, Is.EqualTo("Weitere Artikel"));
    }

    [Test]
    public void A_name_is_used_only_for_the_person_who_gave_it()
    {
        using var fixture = Of("Hi {{ customer.first_name | default: 'there' }}!", "socket");
        fixture.Decide("c1");
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("Hi there!"));
    }

    [Test]
    public void A_browser_cannot_inject_text_into_messages_to_a_servers_address()
    {
        using var fixture = Of("Hi {{ customer.first_name | default: 'there' }}!");
        fixture.Know("c1", "u1", "ada@example.com");
        fixture.Tell(EventType.Identify, "c1", "u1", verified: false, meta: """{"firstName":"Visit evil.example"}""");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("Hi there!"));
    }

    [Test]
    public void A_guest_is_addressed_by_the_name_from_the_same_browser_once_the_address_is_confirmed([Values] bool isConfirmed)
    {
        using var fixture = Of("Hi {{ customer.first_name | default: 'there' }}!");
        fixture.Tell(EventType.Identify, "c1", verified: false, meta: """{"firstName":"Ada","email":"ada@example.com"}""");
        fixture.Agree("c1", null, verified: false);
        fixture.Decide("c1");
        fixture.Pass(Minute);
        if (isConfirmed)
        {
            fixture.It.Confirm(fixture.It.Store.Addresses.Of("shop", "ada@example.com"), JourneyFixture.Cart("c1"), fixture.Now);
        }

        fixture.Pass(Day);
        fixture.Decide("c1", id: "again");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Select(sent => sent.Message), Is.EqualTo(new[] { "Hi there!", isConfirmed ? "Hi Ada!" : "Hi there!" }));
    }

    [Test]
    public void Older_attributes_do_not_replace_newer_ones()
    {
        using var fixture = Of("{{ customer.plan }}", "socket");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"plan":"gold"}""");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"plan":"silver"}""", at: fixture.Now - Hour);
        fixture.Decide("c1", "u1");
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("gold"));
    }

    [Test]
    public void A_failing_template_sends_nothing_and_reports_the_error()
    {
        using var fixture = Of("{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}", "socket");
        fixture.Decide("c1");
        Assert.That(fixture.Sent, Is.Empty);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.TemplateFailed }));
        Assert.That(fixture.It.Counters.WithheldFor(WithheldReason.TemplateFailed), Is.EqualTo(1));
        Assert.That(WithheldReasons.NameOf(WithheldReason.TemplateFailed), Is.EqualTo("template_failed"));
        Assert.That(fixture.Count("SELECT count(*) FROM intervention WHERE detail='The template runs more than 10000 steps.'"), Is.EqualTo(1));
    }

    [Test]
    public void A_failing_template_of_a_later_step_skips_only_that_step()
    {
        var failing = Step("crm", hours: 1);
        failing.Message = "{% assign none = 0 %}{{ 1 | divided_by: none }}";
        using var fixture = new JourneyFixture([Series(Step("crm"), failing, Step("crm", hours: 1))]);
        fixture.Decide("c1");
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Sent.Select(sent => sent.Step), Is.EqualTo(new[] { 1, 3 }));
        Assert.That(fixture.Withheld(), Is.EqualTo(new[] { (2, WithheldReason.TemplateFailed) }));
        Assert.That(fixture.Count("SELECT count(*) FROM intervention WHERE detail='The template divides by zero.'"), Is.EqualTo(1));
    }

    [Test]
    public void A_failing_preview_reports_the_error()
    {
        using var fixture = Of("{% assign none = 0 %}{{ 1 | divided_by: none }}");
        Assert.That(fixture.It.PreparePreview("shop", "left", null, 1, 1, "sample", cart: null, fixture.Now)!.RenderPreview().Message,
            Is.EqualTo("This message would not be sent: the template divides by zero."));
    }

    [Test]
    public void Subject_and_HTML_are_escaped_by_their_content_type()
    {
        var step = Step("mail");
        (step.Subject, step.Message, step.Html) =
            ("For {{ customer.first_name }}", "Hi {{ customer.first_name }}", "<p title=\"{{ customer.first_name }}\">{{ cart.total | money }}</p>");
        using var fixture = new JourneyFixture([Series(step)]);
        fixture.Know("c1", "u1", "ada@example.com");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"firstName":"A\r\n<b>\"x"}""");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        var sent = fixture.Sent.Single();
        Assert.That((sent.Subject, sent.Message, sent.Html),
            Is.EqualTo(("For A <b>\"x", "Hi A\r\n<b>\"x", "<p title=\"A&#xD;&#xA;&lt;b&gt;&quot;x\">€50.00</p>")));
    }

    static JourneyFixture Of(string message, string channel = "mail")
    {
        var step = Step(channel);
        step.Message = message;
        return new JourneyFixture([Series(step)]);
    }
}
