using BenchmarkDotNet.Attributes;
using CartRecovery.Contracts;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Bench.Stages;

/// <summary>Renders a campaign's texts, as the sending thread does once per message.</summary>
[MemoryDiagnoser]
public class MessageBenchmarks
{
    readonly MessageTemplate _short = MessageTemplate.Compile("{{item_count}} for {{cart_value}} {{currency}}", MessageFormat.Text);

    readonly MessageTemplate _greeting = MessageTemplate.Compile(
        "Hi {{ customer.first_name | default: 'there' }}, {{ cart.total | money }} waits: {{ offer.discount_percent }}% off with {{ offer.code }}", MessageFormat.Text);

    readonly MessageTemplate _html = MessageTemplate.Compile(
        """
        <h1>Hi {{ customer.first_name | default: 'there' }}</h1>
        {% for line in cart.lines %}<p>{{ line.quantity }} × <a href="{{ line.url }}">{{ line.name }}</a>, {{ line.total | money }}</p>{% endfor %}
        {% if cart.total > 100 %}<p>Shipping is free.</p>{% endif %}
        """, MessageFormat.Html);

    readonly MessageValues _values = new("demo", "c1", new CartSummary(7, 1254.5m, "EUR"), 10)
    {
        Code = "BACK10",
        Lines =
        [
            new MessageLine("hat", 1, 34.5m, "https://shop.example/hat", "https://shop.example/hat.png"), new MessageLine("shoe", 2, 1200, null, null),
            new MessageLine("sock", 4, 20, "https://shop.example/sock", null),
        ],
        Attributes = CustomerAttributes.Read("""{"first_name":"Ada"}"""),
    };

    [Benchmark(Baseline = true)]
    public string Short() => _short.Render(_values);

    [Benchmark]
    public string Greeting() => _greeting.Render(_values);

    [Benchmark]
    public string Html() => _html.Render(_values);
}
