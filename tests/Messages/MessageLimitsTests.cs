using System.Diagnostics;
using CartRecovery.Engine.Messages;
using static CartRecovery.Tests.Messages.TemplateSamples;

namespace CartRecovery.Tests.Messages;

/// <summary>A template's cost is bounded regardless of its content.</summary>
public sealed class MessageLimitsTests
{
    const string Doubling = "{% assign x = 'ab' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}";

    [TestCase("{% for i in (1..9999) %}{% for j in (1..9999) %}a{% endfor %}{% endfor %}", "runs more than 10000 steps")]
    [TestCase("{% for i in (1..100000000) %}{% endfor %}", "has a range that goes beyond 10000")]
    [TestCase("{% assign n = 100000000 %}{{ (1..n) | size }}", "has a range that goes beyond 10000")]
    [TestCase(Doubling, "makes more than 65536 characters or 10000 entries with 'append'")]
    [TestCase("{% assign x = 'a,b' | split: ',' %}{% for i in (1..40) %}{% assign x = x | concat: x %}{% endfor %}", "makes more than 65536 characters or 10000 entries with 'concat'")]
    [TestCase("{% assign x = 'a' %}{% for i in (1..15) %}{% assign x = x | append: x %}{% endfor %}{{ x | replace: 'a', x }}", "makes more than 65536 characters or 10000 entries with 'replace'")]
    [TestCase("{% assign x = 'a' %}{% for i in (1..14) %}{% assign x = x | append: x %}{% endfor %}{{x}}{{x}}{{x}}", "renders to more than 32768 characters")]
    [TestCase("{% assign x = 'a' %}{% for i in (1..14) %}{% assign x = x | append: x %}{% endfor %}{% capture y %}{{x}}{{x}}{{x}}{{x}}{{x}}{% endcapture %}", "renders to more than 65536 characters")]
    [TestCase("{{ 'now' | date: '%99999999d' }}", "makes more than 65536 characters or 10000 entries with 'date'")]
    [TestCase("{{ 79228162514264337593543950335 | times: 10 }}", "calculates a number that is too large")]
    [TestCase("{{ 1 | divided_by: 0 }}", "divides by zero")]
    public void Output_over_a_bound_is_not_rendered(string text, string reason)
    {
        var clock = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => Render(text), Throws.TypeOf<MessageRenderingException>().With.Message.EqualTo(reason));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 << 20));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
        Assert.That(Render("{{ cart.id }}"), Is.EqualTo("c 1"), "The next one is rendered normally.");
    }

    [Test]
    public void A_subject_is_limited_to_a_header_line()
    {
        Assert.That(Render("{{ cart.id }}", Values with { CartId = new string('a', 998) }, MessageFormat.Line), Has.Length.EqualTo(998));
        Assert.That(() => Render("{{ cart.id }}", Values with { CartId = new string('a', 999) }, MessageFormat.Line), Throws.TypeOf<MessageRenderingException>());
    }

    [Test]
    public void A_templates_length_and_depth_are_limited()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("{% if cart.id %}", depth)) + string.Concat(Enumerable.Repeat("{% endif %}", depth));

        Assert.That(Problems(new string('a', MessageLimits.Template)), Is.Empty);
        Assert.That(Problems(new string('a', MessageLimits.Template + 1)).Single().Message, Does.Contain("at most 131072 characters"));
        Assert.That(Problems(Nested(MessageLimits.Depth)), Is.Empty);
        Assert.That(Problems(Nested(4_000)).Single().Message, Is.EqualTo("blocks are nested more than 32 deep"));
        Assert.That(Problems("{{ cart" + string.Concat(Enumerable.Repeat("[cart", 800)) + new string(']', 800) + " }}"), Is.Not.Empty);
        Assert.That(Problems("{{ 'a' " + string.Concat(Enumerable.Repeat("| upcase", 1_000)) + " }}").Single().Message, Is.EqualTo("a tag must have at most 4096 characters"));
        Assert.That(Render("{{ 'a' " + string.Concat(Enumerable.Repeat("| upcase", 450)) + " }}"), Is.EqualTo("A"));
    }
}
