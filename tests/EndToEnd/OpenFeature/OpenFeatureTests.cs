using System.Diagnostics;
using System.Text.Json;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.OpenFeature;

/// <summary>OpenFeature's SDKs for servers and pages, with npm's OFREP providers as they are published.</summary>
[TestFixture]
sealed class OpenFeatureTests
{
    static readonly string[] s_packages =
    [
        "@openfeature/server-sdk@1.23.0", "@openfeature/ofrep-provider@0.1.3", "@openfeature/web-sdk@1.10.0", "@openfeature/ofrep-web-provider@0.4.3",
    ];

    [Test]
    public async Task The_SDKs_see_the_flags_of_the_store_and_pages_follow_a_change()
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync();
        await PutAsync(engine, "new-checkout", """
            {"type":"boolean","variants":{"on":true,"off":false},"defaultVariant":"off","visibleToClients":true,
             "rules":[{"conditions":[{"attribute":"plan","equals":"gold"}],"variant":"on"}]}
            """);
        await PutAsync(engine, "colour", """
            {"type":"string","variants":{"red":"#f00","blue":"#00f"},"defaultVariant":"blue","visibleToClients":true,"rules":[{"percentage":99.999,"variant":"red"}]}
            """);
        await PutAsync(engine, "limit", """{"type":"number","variants":{"few":2.5},"defaultVariant":"few"}""");
        await PutAsync(engine, "layout", """{"type":"object","variants":{"wide":{"columns":3}},"defaultVariant":"wide","enabled":false}""");
        await PutAsync(engine, "internal", """{"type":"boolean","variants":{"on":true},"defaultVariant":"on"}""");
        using var npm = Start("npm", ["install", "--prefix", scratch.Folder, "--no-audit", "--no-fund", "--silent", .. s_packages]);
        await npm.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        Assert.That(npm.ExitCode, Is.Zero, () => npm.StandardError.ReadToEnd());
        using var node = Start("node", [Path.Combine(Repository.Root, "tests/EndToEnd/OpenFeature/client.mjs"), scratch.PathOf("node_modules"),
            engine.Http.BaseAddress!.GetLeftPart(UriPartial.Authority), InProcessEngine.Secret, InProcessEngine.Publishable]);
        try
        {
            var server = await NextAsync(node);
            Assert.That(server, Is.EqualTo("""
                checkout: True on TARGETING_MATCH string
                others: False off DEFAULT string
                colour: #f00 red SPLIT string
                limit: 2.5 few STATIC string
                layout: {"columns":3} wide DISABLED string
                internal: True on STATIC string
                wrongType: 7 ERROR TYPE_MISMATCH
                unknown: False ERROR FLAG_NOT_FOUND
                noKey: none ERROR TARGETING_KEY_MISSING
                """));
            Assert.That(await NextAsync(node), Is.EqualTo("""
                checkout: True on TARGETING_MATCH string
                colour: #f00 red SPLIT string
                internal: False ERROR FLAG_NOT_FOUND
                """), "a page sees the flags for clients");

            await PutAsync(engine, "colour", """{"type":"string","variants":{"red":"#f00","blue":"#00f"},"defaultVariant":"blue","visibleToClients":true}""");
            Assert.That(await NextAsync(node), Is.EqualTo("""
                changed: ["colour"]
                checkout: True on TARGETING_MATCH string
                colour: #00f blue STATIC string
                internal: False ERROR FLAG_NOT_FOUND
                """), "the page polls, and asks for what changed alone");
            Assert.That(await NextAsync(node), Is.EqualTo("""
                checkout: False off DEFAULT string
                colour: #00f blue STATIC string
                internal: False ERROR FLAG_NOT_FOUND
                """), "another context has other values, whatever the ETag of the former one");
            await node.WaitForExitAsync().WaitAsync(Eventually.Deadline);
            Assert.That(node.ExitCode, Is.Zero);
        }
        finally
        {
            node.Kill(entireProcessTree: true);
        }
    }

    static async Task PutAsync(InProcessEngine engine, string key, string definition)
    {
        using var content = new StringContent(definition, System.Text.Encoding.UTF8, "application/json");
        var answer = await engine.AskAsync(HttpMethod.Put, $"/v1/feature-flags/{key}", content, InProcessEngine.Secret);
        Assert.That((int)answer.Status, Is.InRange(200, 201), answer.Body);
    }

    // A line of the client as a line a flag: its value, variant, reason, error and whether it has a version.
    static async Task<string> NextAsync(Process node)
    {
        var line = await node.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline);
        Assert.That(line, Does.StartWith("{"), () => node.StandardError.ReadToEnd());
        using var json = JsonDocument.Parse(line!);
        return string.Join('\n', json.RootElement.EnumerateObject().Select(flag => $"{flag.Name}: {TextOf(flag.Value)}"));
    }

    static string TextOf(JsonElement flag) => flag.ValueKind != JsonValueKind.Object ? flag.GetRawText()
        : string.Join(' ', ((string[])["value", "variant", "reason", "errorCode", "version"])
            .Select(name => flag.TryGetProperty(name, out var member) ? $"{(member.ValueKind == JsonValueKind.Object ? member.GetRawText() : member)}" : "")
            .Where(text => text.Length > 0 && text != "undefined"));

    static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
}
