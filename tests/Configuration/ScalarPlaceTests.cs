namespace CartRecovery.Tests.Configuration;

/// <summary>An error within a scalar is reported at its position in the file for every YAML scalar style.</summary>
public sealed class ScalarPlaceTests
{
    // The mark ^ is the expected position and is removed from the file.
    [TestCase("message: a {{ ^nix }} is plain")]
    [TestCase("message: \"ab \\\"q\\\" \\u00e9 {{ ^nix }}\"")]
    [TestCase("message: 'it''s {{ ^nix }}'")]
    [TestCase("message: \"folded\n            over lines\n\n            {{ ^nix }}\"")]
    [TestCase("message: plain over\n            lines {{ ^nix }}")]
    [TestCase("message: |\n        one\n\n          two\n        three {{ ^nix }}\n")]
    [TestCase("message: |-\n        {{ ^nix }}")]
    [TestCase("message: >\n        one\n        two\n\n        three {{ ^nix }}\n        four\n")]
    [TestCase("message: >-\n        {{ ^nix }}")]
    [TestCase("message: &anchor \"a {{ ^nix }}\"")]
    [TestCase("message: \"one \\\n            {{ ^nix }}\"")]
    public void A_position_is_that_in_the_file(string marked)
    {
        var yaml = ConfigFile.Store + "decisions:\n  campaigns:\n    - name: n\n      trigger: { idle: 1m }\n      action: { type: reminder }\n      channel: socket\n      " + marked;
        var offset = yaml.IndexOf('^', StringComparison.Ordinal);
        var before = yaml[..offset].Split('\n');
        var (_, problems) = ConfigFile.Load(yaml.Remove(offset, 1));
        Assert.That(problems, Is.EqualTo(new[] { $"c.yaml:{before.Length}:{before[^1].Length + 1}: error: unknown variable 'nix'" }));
    }

    [Test]
    public void A_text_with_an_environment_variable_is_reported_at_its_start() => Assert.That(
        ConfigFile.ProblemsOf("decisions: { campaigns: [{ name: n, trigger: { idle: 1m }, action: { type: reminder }, channel: socket,\n  message: \"${A} {{ nix }}\" }] }", ("A", "much longer")),
        Is.EqualTo(new[] { "c.yaml:7:12: error: unknown variable 'nix'" }));

    [Test]
    public void All_errors_are_reported_at_once() => Assert.That(
        ConfigFile.ProblemsOf("""
            decisions:
              campaigns:
                - name: n
                  trigger: { idle: 1m }
                  steps:
                    - channel: socket
                      action: { type: reminder }
                      subject: "{{ stroe.name }}"
                      message: "{{ cart.totl | monye }}"
                      html: |
                        <p>{{ cart.total | money }}</p>
                        {% for line in cart.lines %}
                          {{ line.nmae }}
                        {% endfor %}
            """), Is.EqualTo(new[]
        {
            "c.yaml:13:24: error: unknown variable 'stroe.name', did you mean 'store.name'?",
            "c.yaml:14:24: error: unknown field 'cart.totl', did you mean 'cart.total'?",
            "c.yaml:14:36: error: unknown filter 'monye', did you mean 'money'?",
            "c.yaml:18:18: error: unknown field 'line.nmae', did you mean 'line.name'?",
        }));
}
