using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

sealed class ConsoleSinkTests
{
    [Test]
    public async Task Each_intervention_is_one_line_written_when_the_call_returns()
    {
        using var output = new MemoryStream();
        await using var sink = new ConsoleSink(output);
        await sink.ConnectAsync(default);
        await sink.WriteAsync(new DeliveryBatch(Interventions.Many(2)), default);
        Assert.That(Encoding.UTF8.GetString(output.ToArray()).Split(Environment.NewLine), Is.EqualTo(new[]
        {
            "00:05:14 reminder      rees46/6f623695-9581-4633-813f-825b8760c7ae 1 for 29.51 USD  \"Your xiaomi is still here\"  " +
            "(left-behind, score 0.25, iv_00000000000000000000000000000000)",
            "00:09:33 discount 12.5% rees46/0b74a829-f9d7-4654-b5b0-35bc9822c238 1 for 515.67 USD  \"Your apple is still here\"  " +
            "(left-behind, score 0.25, iv_00000000000000000000000000000001)",
            "",
        }));
    }

    [Test]
    public void Control_characters_cannot_break_the_line_or_the_terminal()
    {
        var line = ConsoleSink.Line(Interventions.One(0) with { Message = "two\nlines \u001b[2J", CartId = "a\rb" });
        Assert.That(line, Does.Contain("\"two lines  [2J\"").And.Contain("/a b "));
        Assert.That(line.Any(char.IsControl), Is.False);
    }
}
