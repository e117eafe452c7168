/** Every word on the page, in Spanish. */
import type { Catalogue } from "./en";
import { pluralIn } from "./plural";

const plural = pluralIn("es");

export const es: Catalogue = {
  appName: "Rooms",
  starting: "Cargando",
  you: "tú",
  unnamed: "Sin nombre",
  tryAgain: "Intentar de nuevo",
  close: "Cerrar",
  reference: (id) => `Si pides ayuda, menciona ${id}.`,

  login: {
    title: "Iniciar sesión",
    user: "Nombre de usuario",
    pass: "Contraseña",
    submit: "Entrar",
    busy: "Entrando",
    resume: (sessionName) => `Inicia sesión para volver a ${sessionName}.`,
    demoTitle: "Usuarios de prueba",
    demoText: "La contraseña de todos es",
    demoFill: (user) => `Rellenar con ${user}`,
  },

  lobby: {
    title: "Unirse a una llamada",
    sessionName: "Nombre de la llamada",
    sessionNameHint: "Quien escriba este nombre entra en la misma llamada.",
    nickname: "Tu apodo",
    nicknameHint: "Los demás lo ven debajo de tu vídeo.",
    submit: "Unirse",
    logOut: "Cerrar sesión",
    loggingOut: "Cerrando sesión",
    certificate:
      "Abre la página del servidor de vídeo. Si tu navegador avisa y confías en él, acéptalo, vuelve e inténtalo de nuevo.",
    whatHappens: {
      SUBSCRIBER: "Verás y oirás a los demás. Tu cámara y tu micrófono quedan apagados.",
      PUBLISHER: "Los demás te verán y oirán así.",
      MODERATOR: "Los demás te verán y oirán así.",
    },
  },

  roles: {
    SUBSCRIBER: "Espectador",
    PUBLISHER: "Participante",
    MODERATOR: "Moderador",
  },

  setup: {
    title: "Tu cámara y tu micrófono",
    camera: "Cámara",
    microphone: "Micrófono",
    speaker: "Altavoz",
    unnamed: (kind, number) => `${kind} n.º ${number}`,
    level: "Nivel del micrófono",
    asking: "Tu navegador pide permiso para usar la cámara y el micrófono.",
    ready: "Tus dispositivos están listos.",
    silent:
      "No llega nada de tu micrófono. Puede estar apagado en el propio aparato, o el correcto puede ser otro.",
    allow: {
      chromium:
        "Haz clic en el símbolo a la izquierda de la dirección, activa cámara y micrófono, y vuelve a intentarlo.",
      firefox:
        "Haz clic en el símbolo tachado a la izquierda de la dirección, quita el bloqueo y vuelve a intentarlo.",
      safari:
        "Abre los ajustes de Safari para este sitio, permite cámara y micrófono, y vuelve a intentarlo.",
      other: "Cámbialo en los ajustes del navegador para esta página y vuelve a intentarlo.",
    },
  },

  servers: {
    ready: "Todo listo para entrar.",
    again: "Comprobar de nuevo",
    checking: "Comprobando",
  },

  joining: {
    title: (sessionName) => `Entrando en ${sessionName}`,
    wait: {
      short: "Un momento",
      slow: "Está tardando más de lo normal. No hace falta volver a intentarlo.",
      limited:
        "Has entrado en demasiadas llamadas en poco tiempo. Entrarás en esta automáticamente en un momento.",
    },
    cancel: "Cancelar",
  },

  call: {
    leave: "Salir",
    turn: {
      microphone: { on: "Activar micrófono", off: "Silenciar" },
      camera: { on: "Encender cámara", off: "Apagar cámara" },
    },
    showScreen: "Mostrar pantalla",
    stopScreen: "Dejar de mostrar",
    screenOf: "Pantalla",
    screenAway: "Los demás no ven tu pantalla en este momento. Reconectando.",
    screenShown: (nickname) => `${nickname} muestra una pantalla.`,
    gallery: "Galería",
    speaker: "Orador",
    fullScreen: "Pantalla completa",
    copyLink: "Copiar enlace",
    copied: "Enlace copiado",
    duration: "Duración de la llamada",
    mainVideo: "Vídeo principal",
    people: (count) => plural(count, { one: "1 persona", other: `${count} personas` }),
    tiles: "Vídeo de todos",
    watching: "Mirando",
    show: "Mostrar en grande:",
    alone: "Aún no hay nadie más. Diles el nombre de la llamada o envíales su enlace.",
    nobodySends: "Nadie envía vídeo todavía.",
    cameraOff: "Cámara apagada",
    microphoneOff: "micrófono apagado",
    arriving: "Conectando",
    broken: "No se puede cargar este vídeo",
    quality: { poor: "mala conexión", lost: "sin conexión" },
    joined: (nickname) => `${nickname} ha entrado.`,
    left: (nickname) => `${nickname} ha salido.`,
    connection: {
      reconnecting: "Se ha perdido la conexión. Reconectando.",
      waiting:
        "Sigue sin haber conexión. Volverás a esta llamada automáticamente cuando la haya. Para dejar de esperar, sal de la llamada.",
    },
    twice:
      "Estás en esta llamada por segunda vez, en otra pestaña o en otro dispositivo. Sal de ella en uno de los dos, o puede haber eco.",
    soundBlocked: "Tu navegador bloquea el sonido hasta que hagas clic.",
    startSound: "Activar el sonido",
    asking:
      "Tu navegador pide permiso para usar la cámara y el micrófono. Mientras tanto puedes ver a los demás.",
  },

  chat: {
    title: "Mensajes",
    label: "Mensaje para todos",
    send: "Enviar",
    empty: "No hay mensajes desde que entraste. Los mensajes no se guardan después de la llamada.",
    unread: (count) =>
      plural(count, { one: "1 mensaje sin leer", other: `${count} mensajes sin leer` }),
    said: (nickname, text) => `${nickname}: ${text}`,
  },

  people: {
    title: "Personas",
    screen: "Pantalla",
    watches: "mirando",
    speaks: "hablando",
    microphoneOn: "micrófono encendido",
    cameraOn: "cámara encendida",
    cameraOff: "cámara apagada",
    stop: "Detener vídeo",
    stopOf: (nickname) => `Detener el vídeo de ${nickname}`,
    remove: "Expulsar",
    removeOf: (nickname) => `Expulsar a ${nickname}`,
    sure: {
      stop: (nickname) => `¿Detener el vídeo y el sonido de ${nickname}? Se le avisará.`,
      remove: (nickname) => `¿Sacar a ${nickname} de la llamada? Se le avisará.`,
    },
  },

  settings: {
    title: "Ajustes",
    shortcuts: "Atajos de teclado",
    keys: {
      microphone: "Encender o apagar el micrófono",
      camera: "Encender o apagar la cámara",
      screen: "Mostrar o dejar de mostrar tu pantalla",
      chat: "Abrir los mensajes",
      people: "Abrir la lista de personas",
      layout: "Galería u orador",
      fullScreen: "Usar la pantalla completa",
    },
  },

  ended: {
    removed: {
      title: "Te han sacado de la llamada",
      text: "Lo ha hecho un moderador o el servidor.",
    },
    closed: { title: "La llamada se ha cerrado", text: "Ha terminado para todos." },
    elsewhere: {
      title: "La llamada sigue en otro lugar",
      text: "Otra página se ha hecho cargo de tu conexión.",
    },
    network: {
      title: "Se ha perdido la conexión",
      text: "No has podido volver a la llamada. Los demás ya no te ven.",
    },
    pageLeft: { title: "Has salido de la llamada", text: "Saliste al dejar esta página." },
    other: {
      title: "La llamada ha terminado",
      text: "El servidor de vídeo no ha dicho por qué.",
    },
    again: "Volver a entrar",
    back: "Otra llamada",
  },

  problems: {
    invalid_credentials: "El nombre de usuario o la contraseña no son correctos.",
    too_many_attempts: "Demasiados intentos fallidos. Espera un poco y vuelve a intentarlo.",
    logins_busy:
      "Demasiadas personas inician sesión en este momento. Inténtalo de nuevo en un momento.",
    too_many_joins: "Has entrado demasiadas veces. Espera un poco y vuelve a intentarlo.",
    not_logged_in: "Tu sesión ha caducado. Vuelve a iniciarla.",
    invalid_session_name:
      "El nombre de una llamada tiene de 1 a 64 caracteres, alguno visible y ninguno de control.",
    invalid_nickname: "Un apodo tiene de 1 a 64 caracteres, alguno visible y ninguno de control.",
    invalid_token:
      "El servidor no ha aceptado lo enviado. Recarga la página y vuelve a intentarlo.",
    invalid_connection_id:
      "El servidor no ha aceptado lo enviado. Recarga la página y vuelve a intentarlo.",
    token_not_found: "Ya habías salido de esta llamada.",
    not_your_token: "Ese lugar en la llamada es de otra persona.",
    openvidu_unavailable:
      "No se puede contactar ahora con el servidor de vídeo. Inténtalo en un minuto.",
    openvidu_timeout:
      "El servidor de vídeo está demasiado ocupado para responder. Inténtalo en un minuto.",
    openvidu_refused:
      "El servidor de vídeo rechaza nuestras peticiones. Avisa a quien administra este sitio.",
    store_unavailable: "No se puede acceder ahora al registro de llamadas. Inténtalo en un minuto.",
    call_busy: "Demasiadas personas entran y salen de esta llamada a la vez. Inténtalo de nuevo.",
    secrets_unavailable: "El servidor no está listo ahora. Inténtalo en un minuto.",
    out_of_time: "El servidor no ha terminado a tiempo. Inténtalo de nuevo.",
    malformed_json: "El servidor no ha entendido esta página. Recárgala y vuelve a intentarlo.",
    malformed_request: "El servidor no ha entendido esta página. Recárgala y vuelve a intentarlo.",
    invalid_body: "El servidor no ha aceptado lo enviado. Recarga la página y vuelve a intentarlo.",
    unsupported_media_type:
      "El servidor no ha entendido esta página. Recárgala y vuelve a intentarlo.",
    body_too_large: "Es demasiado largo para el servidor.",
    not_found:
      "El servidor no conoce esta petición. Puede que este sitio no esté configurado del todo.",
    method_not_allowed:
      "El servidor no conoce esta petición. Recarga la página y vuelve a intentarlo.",
    cross_site: "El servidor ha rechazado una petición que parece venir de otro sitio.",
    internal: "Algo ha fallado en el servidor. Inténtalo en un minuto.",

    offline: "No se puede contactar con el servidor. Comprueba tu conexión e inténtalo de nuevo.",
    timeout: "El servidor ha tardado demasiado en responder. Inténtalo de nuevo.",
    too_many_requests: "Demasiadas peticiones. Espera un momento e inténtalo de nuevo.",
    server_error: "Algo ha fallado en el servidor. Inténtalo en un minuto.",
    bad_answer:
      "No se puede leer la respuesta del servidor. Recarga la página y vuelve a intentarlo.",
    unexpected_answer:
      "El servidor no ha aceptado esta petición. Recarga la página y vuelve a intentarlo.",

    call_keeps_closing: "La llamada se cerraba cada vez que ibas a entrar. Inténtalo de nuevo.",
    connect_timeout: "El servidor de vídeo no te ha dejado entrar a tiempo. Inténtalo de nuevo.",
    connect_failed: "El servidor de vídeo no te ha dejado entrar. Inténtalo de nuevo.",
    video_unreachable:
      "Tu navegador no llega al servidor de vídeo. Puede deberse a un cortafuegos o a un certificado en el que tu navegador no confía.",
    video_silent:
      "El servidor de vídeo no responde. Puede que esté caído; pregunta a quien administra este sitio.",
    video_full: "El servidor de vídeo no tiene sitio para esta llamada. Inténtalo en un minuto.",
    browser_not_supported:
      "Este navegador no puede hacer videollamadas. Usa Chrome, Edge, Firefox o Safari.",
    publish_failed: "No se ha podido enviar tu vídeo y sonido. Aún puedes ver a los demás.",
    publish_timeout:
      "El servidor de vídeo no ha aceptado tu vídeo y sonido a tiempo. Aún puedes ver a los demás.",
    publish_refused: "Tu rol no te permite enviar vídeo ni sonido.",
    login_expired_in_call:
      "Tu sesión ha caducado. La llamada sigue; para hacer esto, sal de ella y vuelve a iniciar sesión.",
    not_said: "No se ha podido enviar tu mensaje. Inténtalo de nuevo.",
    not_stopped: "No se ha podido detener su vídeo. Inténtalo de nuevo.",
    screen_failed: "No se ha podido mostrar tu pantalla. Inténtalo de nuevo.",
    connection_not_found: "Ya ha salido.",
    device_not_switched:
      "No se ha podido cambiar tu cámara o tu micrófono, así que está apagado. Inténtalo de nuevo.",
    rejoin_given_up:
      "Esta página ha intentado volver a entrar durante diez minutos. Comprueba tu conexión y entra otra vez.",
    unpublished_by_moderator: "Un moderador ha detenido tu vídeo y sonido.",

    config_unreadable:
      "Este sitio no está configurado del todo: no se puede leer su configuración.",
    page_incomplete:
      "No se ha podido cargar una parte de la página. Comprueba tu conexión e inténtalo de nuevo.",
    user_missing: "Escribe tu nombre de usuario.",
    pass_missing: "Escribe tu contraseña.",
    call_name_missing: "Escribe el nombre de la llamada.",
    nickname_missing: "Escribe tu apodo.",
    name_too_long: "Usa como mucho 64 caracteres.",
    name_has_control_characters: "Este nombre contiene un carácter de control invisible.",
    leave_failed:
      "Has salido de la llamada. No se ha podido avisar al servidor, pero lo notará por sí mismo.",
    other_login:
      "Entretanto otra persona ha iniciado sesión con este navegador, en otra pestaña. Inicia sesión para seguir como tú.",
    logout_failed:
      "Aquí has cerrado la sesión, pero no se ha podido avisar al servidor. En un ordenador compartido, cierra el navegador.",
  },

  devices: {
    both: {
      unplugged: "Tu cámara y tu micrófono ya no están conectados.",
      missing: "No se ha encontrado ni cámara ni micrófono.",
      denied: "Tu navegador no deja que esta página use tu cámara ni tu micrófono.",
      in_use: "Otro programa está usando tu cámara y tu micrófono.",
      insecure: "Los navegadores solo permiten cámara y micrófono en páginas cargadas por https.",
      failed: "No se han podido encender tu cámara ni tu micrófono.",
    },
    camera: {
      unplugged: "Tu cámara ya no está conectada.",
      missing: "No se ha encontrado ninguna cámara.",
      denied: "Tu navegador no deja que esta página use tu cámara.",
      in_use: "Otro programa está usando tu cámara.",
      insecure: "Los navegadores solo permiten una cámara en páginas cargadas por https.",
      failed: "No se ha podido encender tu cámara.",
    },
    microphone: {
      unplugged: "Tu micrófono ya no está conectado.",
      missing: "No se ha encontrado ningún micrófono.",
      denied: "Tu navegador no deja que esta página use tu micrófono.",
      in_use: "Otro programa está usando tu micrófono.",
      insecure: "Los navegadores solo permiten un micrófono en páginas cargadas por https.",
      failed: "No se ha podido encender tu micrófono.",
    },
    remains: {
      both: "Sigues viendo y oyendo a todos.",
      camera: "Los demás pueden oírte.",
      microphone: "Los demás pueden verte.",
    },
  },
};
