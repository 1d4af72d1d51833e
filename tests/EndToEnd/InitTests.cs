using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>init</c>, and the path from there to the first event.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class InitTests
{
    [Test]
    public async Task A_new_installation_accepts_an_event_with_the_generated_key()
    {
        using var scratch = new Scratch();
        var made = await EngineBinary.RunAsync(scratch.Folder, ["init", "--dir", "mine", "--store", "my-shop"]);
        Assert.That((made.ExitCode, made.Errors), Is.EqualTo((0, "")), made.ToString);
        var path = scratch.PathOf("mine/cartrecovery.yaml");
        Assert.That(made.Output, Does.Contain("\n  cartrecovery check --config mine/cartrecovery.yaml\n  cartrecovery run --config mine/cartrecovery.yaml\n  curl http://127.0.0.1:8080/v1/events "));
        var publishable = Key(made.Output, "pk_");
        var secret = Key(made.Output, "sk_");
        Assert.That(made.Output, Does.Contain($"<script src=\"http://127.0.0.1:8080/sdk.js\" data-key=\"{publishable}\" defer></script>"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        var check = await EngineBinary.RunAsync(scratch.Folder, ["check", "--config", path]);
        Assert.That((check.ExitCode, check.Errors), Is.EqualTo((0, "")), check.ToString);
        Assert.That(check.Output, Does.Match(@"(?m)^stores +1  my-shop$"));

        // Only the ports and the memory differ from the generated file, which is the default in its folder.
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("127.0.0.1:8080", "127.0.0.1:0", StringComparison.Ordinal)
            .Replace("127.0.0.1:8081", "127.0.0.1:0", StringComparison.Ordinal) + "memory: { carts: 16MB, customers: 16MB }\n");
        await using var engine = new EngineOutput(EngineBinary.Start(Path.GetDirectoryName(path)!, ["run"]));
        await Eventually.Is(() => engine.HasEnded || Address().IsMatch(engine.Text), () => $"the engine prints its listeners; output: {engine.Text}{engine.Errors}");
        using var http = new HttpClient { BaseAddress = new Uri(Address().Match(engine.Text).Groups["address"].Value) };
        using var refused = await SendAsync(http, "sk_demo");
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        using var taken = await SendAsync(http, secret);
        Assert.That(taken.IsSuccessStatusCode, Is.True, await taken.Content.ReadAsStringAsync());
        http.DefaultRequestHeaders.Add("X-Api-Key", secret);
        using var features = JsonDocument.Parse(await http.GetStringAsync("/v1/features/c1"));
        Assert.That(features.RootElement.GetProperty("storeId").GetString(), Is.EqualTo("my-shop"));
        Assert.That(Directory.Exists(scratch.PathOf("mine/data")), Is.True);

        engine.Terminate();
        var finished = await engine.EndAsync();
        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
    }

    [Test]
    public async Task Existing_files_are_overwritten_only_with_force()
    {
        using var scratch = new Scratch();
        var path = scratch.Write("shop.yaml", "mine\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        var refused = await EngineBinary.RunAsync(scratch.Folder, ["init", "--config", path]);
        Assert.That((refused.ExitCode, refused.Output), Is.EqualTo((1, "")), refused.ToString);
        Assert.That(refused.Errors, Does.StartWith($"error: {path} exists and was not changed. ").And.Contain("--force"));
        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo("mine\n"));

        var forced = await EngineBinary.RunAsync(scratch.Folder, ["init", "--config", path, "--force", "--origin", "https://shop.example"]);
        var again = await EngineBinary.RunAsync(scratch.Folder, ["init", "--config", path, "--force"]);
        Assert.That((forced.ExitCode, again.ExitCode), Is.EqualTo((0, 0)), $"{forced}{again}");
        Assert.That(Directory.GetFiles(scratch.Folder), Is.EqualTo(new[] { path }));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        Assert.That(Key(forced.Output, "pk_"), Is.Not.EqualTo(Key(again.Output, "pk_")));
        Assert.That(await File.ReadAllTextAsync(path), Does.Contain(Key(again.Output, "sk_")).And.Not.Contain(Key(forced.Output, "sk_")));
    }

    static Task<HttpResponseMessage> SendAsync(HttpClient http, string key)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return http.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Headers = { { "X-Api-Key", key } },
            Content = new StringContent($$"""{"id":"e1","type":"add_to_cart","cartId":"c1","productId":"p1","price":19.99,"ts":{{at}}}""", Encoding.UTF8, "application/json"),
        });
    }

    // 192 bits in hexadecimal.
    static string Key(string output, string prefix)
    {
        var key = Regex.Match(output, prefix + "[0-9A-Za-z]{49}(?![0-9A-Za-z])", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.That(key.Success, Is.True, output);
        return key.Value;
    }

    [GeneratedRegex(@"^  http +(?<address>http://[0-9.:]+)/? ", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Address();
}
