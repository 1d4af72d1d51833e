using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Tests.Configuration;

/// <summary>Names of templates become texts of campaigns, for each store its own.</summary>
public sealed class TemplateResolverTests
{
    readonly Dictionary<(string Store, string Name), TemplateDefinition> _templates = [];

    [SetUp]
    public void SetUp() => _templates.Clear();

    [Test]
    public void One_text_of_all_stores_stays_as_it_is()
    {
        foreach (var store in new[] { "a", "b" })
        {
            _templates[(store, "left")] = new TemplateDefinition("Hello {{cart_id}}", "Subject", "<p>{{ cart.id }}</p>");
        }

        var campaign = Resolve(Single("left"), "a", "b");
        var step = campaign.Steps.Single();
        Assert.That((step.Message, step.Subject, step.Html, step.Template, step.Channel, step.Action?.Type, campaign.PausedIn.Count),
            Is.EqualTo(("Hello {{cart_id}}", "Subject", "<p>{{ cart.id }}</p>", (string?)null, "socket", (ActionKind?)ActionKind.Reminder, 0)));
        Assert.That((campaign.Message, campaign.Channel, campaign.Action, campaign.Template), Is.EqualTo(((string?)null, (string?)null, (ActionConfig?)null, (string?)null)));
    }

    [Test]
    public void Each_store_gets_its_own_text()
    {
        _templates[("a", "left")] = new TemplateDefinition("{% assign code = 'x' %}A {{ code }}", Html: "<p>A</p>");
        _templates[("b", "left")] = new TemplateDefinition("B {{code}}");
        _templates[("c", "left")] = new TemplateDefinition("B {{code}}");
        var step = Resolve(Single("left"), "a", "b", "c").Steps.Single();
        Assert.That(new[] { "a", "b", "c", "d" }.Select(store => Render(step.Message, store)), Is.EqualTo(new[] { "A x", "B SAVE", "B SAVE", "" }));
        Assert.That((Render(step.Html!, "a"), Render(step.Html!, "b"), step.Subject), Is.EqualTo(("<p>A</p>", "", (string?)null)));
    }

    [Test]
    public void A_store_without_the_template_is_paused()
    {
        _templates[("a", "left")] = new TemplateDefinition("A");
        var unresolved = new List<UnresolvedTemplate>();
        var campaign = Resolve(Single("left"), unresolved.Add, "a", "b");
        Assert.That((campaign.PausedIn, campaign.Steps.Single().Message), Is.EqualTo((new[] { "b" }, "A")));
        Assert.That(unresolved, Is.EqualTo(new[] { new UnresolvedTemplate("c", "b", "left") }));
        Assert.That(Resolve(Single("nowhere"), "a", "b").PausedIn, Is.EqualTo(new[] { "a", "b" }));
        var ofOne = Single("left");
        ofOne.Stores = ["a"];
        Assert.That(Resolve(ofOne, "a", "b").PausedIn, Is.Empty, "the other store is not the campaign's");
    }

    [Test]
    public void Steps_of_variants_are_resolved_and_others_stay()
    {
        _templates[("a", "left")] = new TemplateDefinition("From the template");
        var campaign = Single(template: null);
        (campaign.Action, campaign.Channel) = (null, null);
        campaign.Variants = [new VariantConfig { Name = "x", Weight = 3, Steps = [new StepConfig { Template = "left", Wait = new Duration(TimeSpan.FromHours(1)) }, new StepConfig { Message = "Own" }] }];
        var variant = Resolve(campaign, "a").Variants.Single();
        Assert.That((variant.Name, variant.Weight, variant.Steps[0].Wait.Value), Is.EqualTo(("x", 3, TimeSpan.FromHours(1))));
        Assert.That(variant.Steps.Select(step => step.Message), Is.EqualTo(new[] { "From the template", "Own" }));
        Assert.That(campaign.Variants[0].Steps[0].Template, Is.EqualTo("left"), "the configuration stays");
    }

    [Test]
    public void Texts_that_are_too_long_together_pause_the_stores_that_have_no_room()
    {
        foreach (var store in new[] { "a", "b", "c" })
        {
            _templates[(store, "left")] = new TemplateDefinition(new string(store[0], 60_000));
        }

        var unresolved = new List<UnresolvedTemplate>();
        var campaign = Resolve(Single("left"), unresolved.Add, "a", "b", "c", "d");
        Assert.That(campaign.PausedIn, Is.EqualTo(new[] { "c", "d" }));
        Assert.That(unresolved, Is.EqualTo(new[] { new UnresolvedTemplate("c", "c", Template: null), new UnresolvedTemplate("c", "d", "left") }));
        Assert.That(MessageTemplate.TryCompile(campaign.Steps.Single().Message, MessageFormat.Text, []), Is.Not.Null);
    }

    [TestCase("it's")]
    [TestCase("50%}")]
    public void A_store_whose_id_no_tag_can_name_shares_a_text_or_is_paused(string id)
    {
        (_templates[("a", "left")], _templates[(id, "left")]) = (new TemplateDefinition("A"), new TemplateDefinition("A"));
        Assert.That(Resolve(Single("left"), id, "a").PausedIn, Is.Empty);
        _templates[(id, "left")] = new TemplateDefinition("B");
        Assert.That((Resolve(Single("left"), "a", id).PausedIn.Single(), Resolve(Single("left"), id, "a").PausedIn.Single()), Is.EqualTo((id, "a")));
    }

    [Test]
    public void Problems_of_texts_have_places()
    {
        var problems = TemplateFit.ProblemsOf(new TemplateDefinition("Hi\n {{ cart.totl }}", "{{ 1 | monye }}", "{{ links.confirm }}"));
        Assert.That(problems.Select(problem => problem.ToString()), Is.EqualTo(new[]
        {
            "message:2:5: unknown field 'cart.totl', did you mean 'cart.total'?", "subject:1:8: unknown filter 'monye', did you mean 'money'?",
            "html:1:4: 'links.confirm' has no value: only the confirmation of contact.unproven has it",
        }));
        Assert.That(TemplateFit.ProblemsOf(new TemplateDefinition("")).Single().Message, Is.EqualTo("a template needs a message"));
        Assert.That(TemplateFit.ProblemsOf(new TemplateDefinition("Hello {{ cart.total | money }}", "Hi", "<p>")), Is.Empty);
    }

    [Test]
    public void A_template_whose_blocks_leave_no_room_for_another_is_refused()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("{% if cart.id %}", depth)) + string.Concat(Enumerable.Repeat("{% endif %}", depth));
        Assert.That(TemplateFit.ProblemsOf(new TemplateDefinition(Nested(20))), Is.Empty);
        var deepest = Enumerable.Range(1, MessageLimits.Depth + 2).Last(depth => MessageTemplate.TryCompile(Nested(depth), MessageFormat.Text, []) is not null);
        Assert.That(TemplateFit.ProblemsOf(new TemplateDefinition(Nested(deepest))).Single().Message, Does.StartWith("the blocks are nested too deeply"));
    }

    [TestCase("Hi", null, "mail", "the template 'left' of the store 'a' has no subject, which an e-mail needs")]
    [TestCase("Hi", "Hi", "mail", null)]
    [TestCase("Use {{ offer.code }}", null, "socket", "the template 'left' of the store 'a': message:1:8: 'offer.code' has no value: the action has no code")]
    [TestCase("{% if offer.code %}Use {{ offer.code }}{% endif %}", null, "socket", null)]
    public void A_template_fits_the_campaign_that_names_it(string message, string? subject, string channel, string? problem)
    {
        var config = new CartRecoveryConfig();
        config.Stores.Add(new StoreConfig { Id = "a" });
        var campaign = Single("left");
        campaign.Channel = channel;
        _templates[("a", "left")] = new TemplateDefinition(message, subject);
        var addresses = new Dictionary<string, AddressKind>(StringComparer.Ordinal) { ["mail"] = AddressKind.Email };
        Assert.That(TemplateFit.ProblemIn(campaign, config, Find, addresses), Is.EqualTo(problem));
        Assert.That(TemplateFit.ProblemIn(campaign, config, Find, addresses, name: "other"), Is.Null);
        _templates.Clear();
        Assert.That(TemplateFit.ProblemIn(campaign, config, Find, addresses), Does.StartWith("the store 'a' has no template 'left'"));
    }

    [TestCase("template: left, message: hi", "template replaces message; remove one of them")]
    [TestCase("template: 'a b'", "expected a template's name: letters, digits, '-', '_' and '.', at most 128")]
    [TestCase("template: left", null)]
    public void A_campaigns_template_is_checked(string text, string? problem)
    {
        var (_, problems) = ConfigFile.Load($$"""
            stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]
            decisions: { campaigns: [{ name: c, trigger: { event: view_cart }, action: { type: reminder }, channel: socket, {{text}} }] }
            """);
        Assert.That(problems, problem is null ? Is.Empty : Has.One.EndsWith("error: " + problem));
    }

    [TestCase("template: left, subject: hi", "template replaces subject; remove one of them")]
    [TestCase("wait: 1h", "a step needs either a message or a template")]
    [TestCase("template: left", null)]
    public void A_steps_template_is_checked(string text, string? problem)
    {
        var (_, problems) = ConfigFile.Load($$"""
            stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]
            decisions: { campaigns: [{ name: c, trigger: { event: view_cart }, steps: [{ action: { type: reminder }, channel: socket, {{text}} }] }] }
            """);
        Assert.That(problems, problem is null ? Is.Empty : Has.One.EndsWith("error: " + problem));
    }

    static CampaignConfig Single(string? template) => new()
    {
        Name = "c",
        Trigger = new TriggerConfig { Event = "view_cart" },
        Action = new ActionConfig { Type = ActionKind.Reminder },
        Channel = "socket",
        Template = template,
    };

    static string Render(string text, string store) => MessageTemplate.Compile(text, MessageFormat.Text).Render(new MessageValues(store, "c", new CartSummary(0, 0, "EUR"), null) { Code = "SAVE" });

    TemplateDefinition? Find(string store, string name) => _templates.GetValueOrDefault((store, name));

    CampaignConfig Resolve(CampaignConfig campaign, params string[] stores) => Resolve(campaign, _ => { }, stores);

    CampaignConfig Resolve(CampaignConfig campaign, Action<UnresolvedTemplate> report, params string[] stores) =>
        TemplateResolver.Resolve(new DecisionsConfig { Campaigns = [campaign] }, stores, Find, report).Campaigns.Single();
}
