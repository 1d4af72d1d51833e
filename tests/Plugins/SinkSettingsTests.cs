using CartRecovery.Contracts;

namespace CartRecovery.Tests.Plugins;

sealed class SinkSettingsTests
{
    static readonly SinkSpec s_spec = new("typed", "Has an option of each type.",
    [
        SinkOption.Text("name", "A name.", required: true),
        SinkOption.Integer("port", "A port.", min: 1, max: 65535, defaultValue: 587),
        SinkOption.Number("share", "A share.", min: 0, max: 1),
        SinkOption.Duration("every", "An interval.", defaultValue: TimeSpan.FromMinutes(90)),
        SinkOption.Boolean("quiet", "Says less."),
        SinkOption.Url("url", "An address."),
        SinkOption.Secret("key", "A key."),
        SinkOption.List("command", "A command."),
        SinkOption.Headers("headers", "Headers."),
    ], _ => throw new InvalidOperationException());

    [Test]
    public void Values_and_defaults_have_their_types()
    {
        var settings = new SinkSettings("s", s_spec, new Dictionary<string, OptionValue>(StringComparer.Ordinal)
        {
            ["name"] = "x",
            ["share"] = "0.25",
            ["quiet"] = "true",
            ["url"] = "https://a.example/b",
            ["key"] = "sesame",
            ["command"] = "a \"b c\"",
            ["headers"] = new(new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Key"] = "sesame" }),
        });
        Assert.Multiple(() =>
        {
            Assert.That((settings.GetText("name"), settings.GetInteger("port"), settings.GetNumber("share")), Is.EqualTo(("x", 587L, 0.25)));
            Assert.That((settings.GetDuration("every"), settings.GetBoolean("quiet")), Is.EqualTo((TimeSpan.FromMinutes(90), true)));
            Assert.That(settings.GetUrl("url").Host, Is.EqualTo("a.example"));
            Assert.That(settings.GetSecret("key").Reveal(), Is.EqualTo("sesame"));
            Assert.That(settings.GetList("command"), Is.EqualTo(new[] { "a", "b c" }));
            Assert.That(settings.GetHeaders("headers")["x-key"].Reveal(), Is.EqualTo("sesame"));
        });
    }

    [Test]
    public void An_absent_setting_is_null_empty_or_rejected()
    {
        var settings = new SinkSettings("s", s_spec, new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "x" });
        Assert.Multiple(() =>
        {
            Assert.That((settings.FindNumber("share"), settings.FindUrl("url"), settings.FindSecret("key")), Is.EqualTo(((double?)null, (Uri?)null, (Secret?)null)));
            Assert.That((settings.GetList("command").Count, settings.GetHeaders("headers").Count), Is.EqualTo((0, 0)));
            Assert.That(() => settings.GetNumber("share"), Throws.InstanceOf<SinkConfigurationException>().With.Message.EqualTo("share: required"));
            Assert.That(() => settings.GetText("nam"), Throws.InstanceOf<InvalidOperationException>(), "not declared");
            Assert.That(() => settings.GetText("port"), Throws.InstanceOf<InvalidOperationException>(), "declared with another type");
        });
    }

    [TestCase("port", "65536", "port: expected a whole number from 1 to 65535")]
    [TestCase("port", "1.5", "port: expected a whole number from 1 to 65535")]
    [TestCase("share", "NaN", "share: expected a number from 0 to 1")]
    [TestCase("every", "90", "every: expected a duration like 250ms, 5s, 30m, 24h or 7d")]
    [TestCase("url", "https://user:word@a.example", "url: expected an absolute http or https URL without a user name")]
    [TestCase("key", "", "key: expected a text that is not empty")]
    [TestCase("kye", "x", "kye: unknown option of a typed sink")]
    [TestCase("name", null, "name: required")]
    public void Values_of_another_type_are_rejected(string option, string? value, string problem)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "x" };
        if (value is null)
        {
            values.Remove(option);
        }
        else
        {
            values[option] = value;
        }

        Assert.That(() => new SinkSettings("s", s_spec, values),
            Throws.InstanceOf<SinkConfigurationException>().With.Message.EqualTo(problem).And.Property("Option").EqualTo(option));
    }

    [Test]
    public void A_default_of_another_type_is_a_plugin_error() =>
        Assert.That(() => SinkOption.Integer("port", "A port.", min: 1, defaultValue: 0), Throws.ArgumentException);

    [Test]
    public void A_secret_is_not_printed()
    {
        var secret = new Secret("sesame");
        var record = new { secret };
#pragma warning disable MA0150 // Tests the absence of a ToString override.
        Assert.That($"{secret} {record} {System.Text.Json.JsonSerializer.Serialize(secret)} {new OptionValue("sesame")}", Does.Contain("***").And.Not.Contain("sesame"));
#pragma warning restore MA0150
    }
}
