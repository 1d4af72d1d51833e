using System.Text;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using static CartRecovery.Tests.Events.EventReading;

namespace CartRecovery.Tests.Events.Json;

/// <summary>A decoder, and events that it accepts or refuses.</summary>
public abstract class JsonEventDecoderFixture
{
    protected const string Required = """ "id":"e1","type":"page_view","cartId":"c1","ts":1732095600000 """;

    protected JsonEventDecoder Decoder { get; } = new(Rules(verified: false));

    string _accepted = "";

    protected void Accept(string json)
    {
        var problem = Decoder.Read(json);
        Assert.That(problem.IsError, Is.False, $"{problem.Code}: {problem.Message} in {json}");
        _accepted = json;
    }

    protected void Refuse(string json, string code, string field)
    {
        var problem = Decoder.Read(json);
        Assert.That(problem.Code, Is.EqualTo(code), json);
        Assert.That(problem.Message, Does.Contain(field.Length == 0 ? "" : $"'{field}'"));
    }

    protected string Texts()
    {
        var slab = new EventSlab();
        Decoder.AppendTo(slab, _accepted);
        ref readonly var e = ref slab.Records[0];
        return string.Join(' ', Encoding.UTF8.GetString(slab.IdOf(e)), Encoding.UTF8.GetString(slab.CartOf(e)),
            Encoding.UTF8.GetString(slab.UserOf(e)), Encoding.UTF8.GetString(slab.SessionOf(e)));
    }
}
