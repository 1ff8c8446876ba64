using System.Net;
using System.Security.Cryptography;
using BusJobs.Worker;
using Forge.Hooks;
using Forge.Hooks.Log;
using Forge.Hooks.Wire;
using Forge.Pushes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Forge;

/// <summary>Adds webhooks to a host that has the hub.</summary>
public static class HookRegistration
{
    private const string KeyFile = "hooks.key";

    extension(IServiceCollection services)
    {
        /// <summary>What making endpoints and deliveries needs, and what sending them needs.</summary>
        public IServiceCollection AddForgeHooks(ForgeOptions options, Action<HookOptions>? configure = null)
        {
            services.AddOptions<HookOptions>().Configure(configure ?? (_ => { })).ValidateDataAnnotations()
                .Validate(hooks => hooks.AllowedNetworks.All(network => IPNetwork.TryParse(network, out _)), "AllowedNetworks must be networks such as 10.1.0.0/16.")
                .Validate(hooks => hooks.Schedule.All(pause => pause >= TimeSpan.Zero && pause <= TimeSpan.FromDays(30)), "Each pause of the Schedule must be 0 to 30 days.")
                .Validate(hooks => hooks.SecretKey is null ? options.DataFolder is not null : ReadKey(hooks.SecretKey) is not null, "SecretKey must be base64 of 32 bytes; without a data folder it is needed.")
                .ValidateOnStart();
            services.AddSingleton(provider => provider.GetRequiredService<IOptions<HookOptions>>().Value);
            services.AddSingleton(provider => new SecretBox(Key(provider.GetRequiredService<HookOptions>(), options)));
            services.AddSingleton<Resolve>(Dns.GetHostAddressesAsync);
            services.AddSingleton(provider => new HookSender(
                provider.GetRequiredService<HookOptions>(), provider.GetRequiredService<Resolve>(), provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<EndpointGates>();
            services.AddSingleton(provider => new DeliverySchedule(provider.GetRequiredService<HookOptions>(), Share));
            services.AddScoped<Breaker>().AddScoped<Outgoing>().AddScoped<Pushed>().AddScoped<DeliveryLog>();
            return services;
        }

        /// <summary>Removes what is older than it is kept, for as long as this host runs.</summary>
        public IServiceCollection AddDeliveryRetention() => services.AddHostedService<DeliveryRetention>();
    }

    extension(WorkerBuilder worker)
    {
        public WorkerBuilder HandleWebhooks() => worker.Handle<DeliverWebhook, DeliverWebhookHandler>(ForgePolicies.Deliver);
    }

    private static double Share() => RandomNumberGenerator.GetInt32(1 << 30) / (double)(1 << 30);

    private static byte[] Key(HookOptions hooks, ForgeOptions options) =>
        hooks.SecretKey is { } text ? ReadKey(text)! : KeyOf(Path.Combine(options.DataFolder!, KeyFile));

    private static byte[]? ReadKey(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) && count == 32 ? bytes[..32] : null;
    }

    /// <summary>Made once, for the eyes of this account alone.</summary>
    private static byte[] KeyOf(string file)
    {
        if (!File.Exists(file))
        {
            var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var stream = new FileStream(file, create);
            stream.Write(RandomNumberGenerator.GetBytes(32));
        }

        return File.ReadAllBytes(file);
    }
}
