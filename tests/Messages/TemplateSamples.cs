using CartRecovery.Contracts;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Tests.Messages;

/// <summary>Sample templates and values.</summary>
static class TemplateSamples
{
    public static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-06-01T22:30:00Z");

    public static MessageValues Values { get; } = new("demo", "c 1", new CartSummary(3, 1234.5m, "EUR"), 12.5)
    {
        StoreName = "Hat & Shoe",
        Action = ActionKind.Discount,
        Code = "BACK12",
        Links = new InterventionLinks("https://r.example/c", "https://r.example/u"),
        Lines = [new MessageLine("hat", 1, 34.5m, "https://s.example/hat", "https://s.example/hat.png"), new MessageLine("shoe", 2, 1200, null, null)],
        CustomerId = "u1",
        Recipient = new Recipient(Email: "ada@example.com"),
        Attributes = Attributes("""{"firstName":"Ada","lastName":"Byron","plan":"gold","visits":7,"vip":true,"tags":["new","<b>"]}"""),
        Now = Now,
        TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam"),
    };

    public static CustomerAttributes Attributes(string meta) => CustomerAttributes.Read(CustomerAttributes.Merge(null, System.Text.Encoding.UTF8.GetBytes(meta)));

    public static string Render(string template, MessageValues? values = null, MessageFormat format = MessageFormat.Text) =>
        MessageTemplate.Compile(template, format).Render(values ?? Values);

    /// <summary>A text's problems with their positions.</summary>
    public static List<(int Offset, string Message)> Problems(string template, MessageFormat format = MessageFormat.Text)
    {
        var problems = new List<TemplateProblem>();
        MessageTemplate.TryCompile(template, format, problems);
        return [.. problems.Select(problem => (problem.Offset, problem.Message))];
    }
}
