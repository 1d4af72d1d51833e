namespace CartRecovery.Tests.Configuration.Control;

/// <summary>The check of who else may vouch for callers.</summary>
public sealed class FederationConfigTests
{
    const string Good = "issuer: https://a.example, audience: x, keys: https://a.example/jwks";

    [TestCase("a: { issuer: https://a.example, audience: x, keys: jwks.json, roles: { ops: \"viewer, operator@s1\" } }", null)]
    [TestCase("a: { issuer: https://a.example, audience: x, keys: \"http://127.0.0.1:9/jwks\" }", null)]
    [TestCase("a: { issuer: https://a.example, audience: x, keys: \"http://a.example/jwks\" }", "control.tokens.a.keys must be an https address")]
    [TestCase("a: { issuer: https://a.example, audience: x, keys: \"https://u:p@a.example/jwks\" }", "control.tokens.a.keys must be an https address")]
    [TestCase("a: { issuer: https://a.example, audience: \"\", keys: jwks.json }", "control.tokens.a.audience must not be empty")]
    [TestCase("a: { issuer: https://a.example, keys: jwks.json }", "missing key 'audience'")]
    [TestCase("a: { " + Good + " }, b: { " + Good + " }", "another entry has the same issuer")]
    [TestCase("a/b: { " + Good + " }", "an issuer's name must be")]
    [TestCase("a: { " + Good + ", roles: { ops: operator@s2 } }", "control.tokens.a.roles.ops: unknown store 's2', did you mean 's1'?")]
    [TestCase("a: { " + Good + ", roles: { ops: \"viewer,\" } }", "control.tokens.a.roles.ops: expected ROLE or ROLE@STORE")]
    public void Issuers(string tokens, string? problem) =>
        Assert.That(ConfigFile.ProblemsOf($"control: {{ tokens: {{ {tokens} }} }}"), problem is null ? Is.Empty : Has.One.Contain(problem));

    [TestCase("a: { " + Good + ", type: accessToken }", "", null)]
    [TestCase("a: { " + Good + " }", ", accounts: create", "control.oidc.accounts: create needs control.oidc.roles")]
    [TestCase("a: { " + Good + " }", ", accounts: create, roles: { ops: viewer }", null)]
    [TestCase("a: { issuer: https://a.example, audience: client, keys: https://a.example/jwks }", "", "control.tokens.a.audience is control.oidc.clientId")]
    public void Issuers_and_the_provider(string tokens, string more, string? problem) => Assert.That(
        ConfigFile.ProblemsOf($"control: {{ tokens: {{ {tokens} }}, oidc: {{ issuer: https://a.example, clientId: client, publicUrl: https://shop.example{more} }} }}"),
        problem is null ? Is.Empty : Has.One.Contain(problem));
}
