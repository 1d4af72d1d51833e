using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.ControlPlane.Definitions;

namespace CartRecovery.Tests.ControlPlane.Templates;

/// <summary>Templates in the control database.</summary>
public sealed class TemplateStoreTests(DatabaseKind database) : DefinitionStoreTests<TemplateDefinition>(database, TemplateDefinition.Kind,
    new TemplateDefinition("Hello", "Subject", "<p>Hello</p>", "greets"), new TemplateDefinition("Bye"), new TemplateDefinition(new string('a', TemplateDefinition.Kind.Limits.Bytes)),
    """{"template":"a"}""")
{
    [TestCase("""{"steps":[{"template":"b"},{"template":"a"}]}""")]
    [TestCase("""{"variants":[{"name":"control"},{"steps":[{"message":"hi"},{"template":"a"}]}]}""")]
    public async Task A_template_is_found_in_the_steps_of_a_campaign(string definition)
    {
        await SetAsync("demo", "a", new TemplateDefinition("Hello"));
        await Campaigns.SaveAsync("draft", after: 0, new CampaignDraft(definition, ["demo"], StartsAt: null, EndsAt: null, ""), "user:1", address: null);
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a")), Is.EqualTo("template_in_use"));
    }

    [Test]
    public void Names_of_another_type_are_no_templates() => Assert.That(
        TemplateDefinition.Kind.NamesIn("""{"template":7,"steps":"x","variants":[1,{"steps":[2,{"template":null},{"template":"b"}]}]}"""), Is.EqualTo(new[] { "b" }));
}
