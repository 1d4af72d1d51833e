using CartRecovery.Engine.Messages;
using static CartRecovery.Tests.Messages.TemplateSamples;

namespace CartRecovery.Tests.Messages;

/// <summary>The variable names used before Liquid.</summary>
public sealed class LegacySyntaxTests
{
    [TestCase("item_count", "3")]
    [TestCase("cart_value", "1234.50")]
    [TestCase("currency", "EUR")]
    [TestCase("discount", "12.5")]
    [TestCase("code", "BACK12")]
    [TestCase("cart_id", "c 1")]
    [TestCase("store_id", "demo")]
    [TestCase("restore_url", "https://r.example/c")]
    [TestCase("unsubscribe_url", "https://r.example/u")]
    [TestCase("line_name", "hatshoe")]
    [TestCase("line_quantity", "12")]
    [TestCase("line_value", "34.501200.00")]
    [TestCase("line_url", "https://s.example/hat")]
    [TestCase("line_image", "https://s.example/hat.png")]
    public void Every_old_name_still_works(string name, string expected)
    {
        var isLine = name.StartsWith("line_", StringComparison.Ordinal);
        Assert.That(LegacySyntax.Names, Does.ContainKey(name));
        foreach (var tag in (string[])[$"{{{{{name}}}}}", $"{{{{ {name} }}}}"])
        {
            Assert.That(Render(isLine ? $"{{{{#lines}}}}{tag}{{{{/lines}}}}" : tag), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Every_old_name_is_covered() => Assert.That(LegacySyntax.Names, Has.Count.EqualTo(14));

    [Test]
    public void Products_are_rendered_in_sequence() => Assert.That(
        Render("In {{cart_id}}: {{#lines}}{{line_quantity}} {{line_name}} {{line_value}} {{currency}}; {{/lines}}done"),
        Is.EqualTo("In c 1: 1 hat 34.50 EUR; 2 shoe 1200.00 EUR; done"));

    [Test]
    public void A_missing_discount_is_0() =>
        Assert.That(Render("{{discount}}", Values with { DiscountPercent = null }), Is.EqualTo("0"));

    [Test]
    public void A_templates_own_variable_shadows_an_old_name() =>
        Assert.That(Render("{% assign code = 'mine' %}{{ code }}"), Is.EqualTo("mine"));

    [TestCase("{{#lines}}", 0, "'{{#lines}}' without '{{/lines}}'")]
    [TestCase("a{{/lines}}", 1, "'{{/lines}}' where only '{{#lines}}' can be")]
    [TestCase("{{#lines}}{{#lines}}{{/lines}}", 10, "'{{#lines}}' where only '{{/lines}}' can be")]
    [TestCase("{{#others}}", 0, "'{{#others}}' where only '{{#lines}}' can be")]
    [TestCase("x {{line_name}}", 2, "'line' is a loop's: write it between '{% for line in cart.lines %}' and '{% endfor %}'")]
    public void Mismatched_section_tags_are_rejected(string text, int offset, string message) =>
        Assert.That(Problems(text), Is.EqualTo(new[] { (offset, message) }));

    [Test]
    public void Positions_refer_to_the_original_text()
    {
        const string Text = "{{cart_value}} {{#lines}}{{line_value}} {{ nothing }}{{/lines}} {{ nix }}";
        Assert.That(Problems(Text).Select(problem => problem.Offset), Is.EqualTo(new[]
        {
            Text.IndexOf("nothing", StringComparison.Ordinal), Text.IndexOf("nix", StringComparison.Ordinal),
        }));
    }
}
