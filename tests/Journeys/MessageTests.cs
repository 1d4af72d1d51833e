using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>What messages say: their texts are rendered when they go out.</summary>
public sealed class MessageTests
{
    [Test]
    public void A_message_shows_what_identify_said()
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
    public void Nobody_is_known_by_name_who_has_not_said_it()
    {
        using var fixture = Of("Hi {{ customer.first_name | default: 'there' }}!", "socket");
        fixture.Decide("c1");
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("Hi there!"));
    }

    [Test]
    public void A_browser_puts_no_words_into_a_message_to_an_address_that_a_server_gave()
    {
        using var fixture = Of("Hi {{ customer.first_name | default: 'there' }}!");
        fixture.Know("c1", "u1", "ada@example.com");
        fixture.Tell(EventType.Identify, "c1", "u1", verified: false, meta: """{"firstName":"Visit evil.example"}""");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("Hi there!"));
    }

    [Test]
    public void A_shopper_is_called_by_the_name_that_the_same_browser_gave()
    {
        using var fixture = Of("Hi {{ customer.first_name | default: 'there' }}!");
        fixture.Tell(EventType.Identify, "c1", verified: false, meta: """{"firstName":"Ada","email":"ada@example.com"}""");
        fixture.Agree("c1", null, verified: false);
        fixture.Decide("c1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("Hi Ada!"));
    }

    [Test]
    public void What_was_said_earlier_does_not_replace_what_was_said_later()
    {
        using var fixture = Of("{{ customer.plan }}", "socket");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"plan":"gold"}""");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"plan":"silver"}""", at: fixture.Now - Hour);
        fixture.Decide("c1", "u1");
        Assert.That(fixture.Sent.Single().Message, Is.EqualTo("gold"));
    }

    [Test]
    public void A_template_that_fails_sends_nothing_and_says_why()
    {
        using var fixture = Of("{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}", "socket");
        fixture.Decide("c1");
        Assert.That(fixture.Sent, Is.Empty);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.TemplateFailed }));
        Assert.That(fixture.It.Counters.Withheld(WithheldReason.TemplateFailed), Is.EqualTo(1));
        Assert.That(WithheldReasons.NameOf(WithheldReason.TemplateFailed), Is.EqualTo("template_failed"));
        Assert.That(fixture.Count("SELECT count(*) FROM intervention WHERE detail='The template runs more than 10000 steps.'"), Is.EqualTo(1));
    }

    [Test]
    public void A_template_that_fails_later_sends_nothing_of_its_step_and_the_series_goes_on()
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
    public void A_preview_of_one_that_fails_says_so()
    {
        using var fixture = Of("{% assign none = 0 %}{{ 1 | divided_by: none }}");
        Assert.That(fixture.It.PreparePreview("shop", "left", null, 1, "sample", cart: null, fixture.Now)!.RenderPreview().Message,
            Is.EqualTo("This message would not be sent: the template divides by zero."));
    }

    [Test]
    public void Subject_and_html_are_rendered_for_what_they_are()
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
