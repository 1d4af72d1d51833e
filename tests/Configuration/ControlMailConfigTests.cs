namespace CartRecovery.Tests.Configuration;

/// <summary>The check of the sink that mails links to members.</summary>
public sealed class ControlMailConfigTests
{
    [TestCase("post", "contact: { publicUrl: \"https://recover.example\" }", null)]
    [TestCase("post", "", "control.mail needs contact.publicUrl")]
    [TestCase("pots", "contact: { publicUrl: \"https://recover.example\" }", "control.mail: unknown sink 'pots'")]
    public void The_sink_exists_and_links_have_an_address(string name, string contact, string? problem) => Assert.That(
        ConfigFile.ProblemsOf($"control: {{ mail: {name} }}\nsinks: {{ post: {{ type: file, path: a }} }}\n{contact}\n"), problem is null ? Is.Empty : Has.One.Contain(problem));
}
