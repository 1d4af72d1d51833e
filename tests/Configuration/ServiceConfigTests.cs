namespace CartRecovery.Tests.Configuration;

/// <summary>The section <c>monitoring.services</c>.</summary>
public sealed class ServiceConfigTests
{
    const string Store = "stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]\n";

    [TestCase("shop: { kind: http, target: 'https://shop.example/health', status: 204, contains: ok, expiry: 30d, uptime: 99.95, latency: 300ms }")]
    [TestCase("db: { kind: tcp, target: '10.0.0.5:5432' }")]
    [TestCase("db: { kind: tls, target: '[::1]:443' }")]
    [TestCase("name: { kind: dns, target: shop.example }")]
    public void A_service_is_checked_by_HTTP_TCP_TLS_or_DNS(string service) =>
        Assert.That(ConfigFile.Load($"{Store}monitoring: {{ services: {{ {service} }} }}\n").Problems, Is.Empty);

    [TestCase("a: { kind: http, target: shop.example }", "2:52: error: monitoring.services.a.target must be an http or https address without a user")]
    [TestCase("a: { kind: http, target: 'https://me:pw@shop.example' }", "2:52: error: monitoring.services.a.target must be an http or https address without a user")]
    [TestCase("a: { kind: tcp, target: shop.example }", "2:51: error: monitoring.services.a.target must be HOST:PORT")]
    [TestCase("a: { kind: dns, target: 'https://shop.example' }", "2:51: error: monitoring.services.a.target must be a name like shop.example")]
    [TestCase("a: { kind: dns, target: a.example, timeout: 30s }", "2:71: error: monitoring.services.a.timeout must be less than interval")]
    [TestCase("a: { kind: dns, target: a.example, slow: 11s }", "2:68: error: monitoring.services.a.slow must not be more than timeout")]
    [TestCase("a: { kind: dns, target: a.example, status: 200 }", "2:70: error: monitoring.services.a: status and contains are of kind http")]
    public void A_mistake_is_reported_with_its_place(string service, string expected) =>
        Assert.That(ConfigFile.Load($"{Store}monitoring: {{ services: {{ {service} }} }}\n").Problems, Is.EqualTo(new[] { $"c.yaml:{expected}" }));

    [TestCase("'a b': { kind: dns, target: a.example }", "'a b' is no name of a service")]
    [TestCase("a: { target: a.example }", "kind")]
    [TestCase("a: { kind: icmp, target: a.example }", "'icmp'")]
    [TestCase("a: { kind: http, target: 'http://a', status: 99 }", "status")]
    public void Names_kinds_and_ranges_are_checked(string service, string expected) =>
        Assert.That(ConfigFile.Load($"{Store}monitoring: {{ services: {{ {service} }} }}\n").Problems, Has.One.Contains(expected));
}
