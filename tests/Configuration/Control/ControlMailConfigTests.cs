namespace CartRecovery.Tests.Configuration.Control;

/// <summary>The check of the sink that mails links to members.</summary>
public sealed class ControlMailConfigTests
{
    const string Contact = "contact: { publicUrl: \"https://recover.example\" }";

    [TestCase("post", Contact, null)]
    [TestCase("post", "", "control.mail needs contact.publicUrl")]
    [TestCase("pots", Contact, "control.mail: unknown sink 'pots'")]
    [TestCase("log", Contact, "control.mail: the sink 'log' does not send to e-mail addresses")]
    public void The_sink_sends_mails_and_links_have_an_address(string name, string contact, string? problem) => Assert.That(
        ConfigFile.ProblemsOf($"control: {{ mail: {name} }}\nsinks: {{ post: {{ type: mail }}, log: {{ type: file, path: a }} }}\n{contact}\n"),
        problem is null ? Is.Empty : Has.One.Contain(problem));
}
