namespace CartRecovery.Tests.Configuration;

/// <summary>The section <c>monitoring.status</c>.</summary>
public sealed class StatusPageConfigTests
{
    const string Begin = "stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]\nmonitoring:\n  services: { web: { kind: dns, target: shop.example } }\n";

    [TestCase("enabled: true")]
    [TestCase("enabled: true, title: Shop, days: 30, refresh: 1m, components: { Shop: { services: [web], parts: [journal, partition-*, sink-mail, disk] } }")]
    public void A_component_consists_of_services_and_parts(string status) => Assert.That(ConfigFile.Load($"{Begin}  status: {{ {status} }}\n").Problems, Is.Empty);

    [TestCase("components: { A: { services: [wbe] } }", "monitoring.status.components.A.services: 'wbe' is not in monitoring.services")]
    [TestCase("components: { A: { parts: [jurnal] } }", "monitoring.status.components.A.parts: 'jurnal' is no part of /health")]
    [TestCase("components: { A: { parts: [jurnal*] } }", "'jurnal*' is no part of /health")]
    [TestCase("components: { A: {} }", "names neither 'services' nor 'parts'")]
    [TestCase("days: 0", "days")]
    public void A_mistake_is_reported_with_its_place(string status, string expected) =>
        Assert.That(ConfigFile.Load($"{Begin}  status: {{ {status} }}\n").Problems, Has.One.StartsWith("c.yaml:4:").And.One.Contains(expected));
}
