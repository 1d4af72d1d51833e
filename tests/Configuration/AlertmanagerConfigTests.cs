namespace CartRecovery.Tests.Configuration;

/// <summary>The key <c>monitoring.alerts.alertmanagers</c>.</summary>
public sealed class AlertmanagerConfigTests
{
    const string Store = "stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]\n";

    [TestCase("{ url: 'http://127.0.0.1:9093' }, { url: 'https://alerts.example/am', token: t, labels: { cluster: a } }")]
    [TestCase("{ url: 'https://alerts.example', username: engine, password: p, ca: ca.pem, certificate: c.pem, key: c.key }")]
    public void Alertmanagers_have_an_address_and_credentials(string targets) => Assert.That(Problems(targets), Is.Empty);

    [TestCase("{ url: alerts.example }", "url must be an http or https address without a user")]
    [TestCase("{ url: 'http://me:pw@alerts.example' }", "url must be an http or https address without a user")]
    [TestCase("{ url: 'http://a', username: u, password: p, token: t }", "use either 'token' or 'username'")]
    [TestCase("{ url: 'http://a', password: p }", "password needs 'username'")]
    [TestCase("{ url: 'http://a', certificate: c.pem }", "'certificate' and 'key' need each other")]
    [TestCase("{ url: 'http://a', labels: { 1a: b } }", "'1a' is no name of a label")]
    [TestCase("{ url: 'http://a:9093/one' }, { url: 'http://A:9093/two' }", "another one has this host and port")]
    public void A_mistake_is_reported_once_with_its_line(string targets, string expected) =>
        Assert.That(Problems(targets), Has.Count.EqualTo(1).And.All.StartsWith("c.yaml:2:").And.All.Contains(expected));

    static IReadOnlyList<string> Problems(string targets) => [.. ConfigFile.Load($"{Store}monitoring: {{ alerts: {{ alertmanagers: [{targets}] }} }}\n").Problems];
}
